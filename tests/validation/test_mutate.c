/* SPDX-License-Identifier: Apache-2.0 */
/* Mutants of SystemVerilog: where they are found, and how they sleep in the text. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "validation/mutant_plant.h"
#include "validation/mutate.h"
#include "validation/sv_token.h"

static struct mutant_list mutants(const char *text)
{
    struct mutant_list l = {0};

    mutate_find(&l, "m.sv", text);
    return l;
}

static bool has(const struct mutant_list *l, const char *what, const char *by)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->at[i].what, what) == 0 &&
            (by ? l->at[i].text && strcmp(l->at[i].text, by) == 0 : !l->at[i].text))
            return true;
    return false;
}

Test(sv_token, comments_and_directives_are_not_tokens)
{
    struct sv_tokens t = sv_tokens("`include \"x\"\n// a + b\na /* c */ <= 8'(x) + 4'd3; `M(1)\n");

    cr_assert_eq(t.n, 14);
    cr_expect(sv_is(&t, 0, "a") && sv_is(&t, 1, "<=") && sv_is(&t, 3, "'") && sv_is(&t, 8, "4'd3"));
    cr_expect_eq(t.at[8].kind, SV_NUMBER);
    cr_expect_eq(t.at[0].line, 3);
    cr_expect_eq(sv_past(&t, 4), 7);
    cr_expect(!sv_is(&t, 99, "a"));
    sv_tokens_fini(&t);
}

/* How much is counted, and that it is; what follows the counters is found as before. */
Test(mutate, counts)
{
    struct mutant_list l = mutants("module m (input wire clk);\n"
                                   "    `AUTORAC_COUNTERS(unit, 1)\n"
                                   "    always @(posedge clk)\n"
                                   "        if (on) `AUTORAC_COUNT(c, `AUTORAC_MACS, a + b);\n"
                                   "        else `AUTORAC_RECORD(unit, `AUTORAC_START, q + r, 0);\n"
                                   "    wire x = y & z;\n"
                                   "endmodule\n");

    cr_expect(has(&l, "never", "1'b0"));
    cr_expect(has(&l, "operator", "a - b"));
    cr_expect(has(&l, "count dropped", NULL));
    cr_expect(has(&l, "operator", "y | z"));
    cr_expect(!has(&l, "operator", "q - r"));
    mutant_list_fini(&l);
}

Test(mutate, every_kind_in_a_process)
{
    struct mutant_list l = mutants("module m (input wire clk);\n"
                                   "    localparam [1:0] IDLE = 2'd0, RUN = 2'd1, STOP = 2'd2;\n"
                                   "    always_ff @(posedge clk)\n"
                                   "        if (go && !rst) x <= a - b;\n"
                                   "        else s <= c ? STOP : 4'd7;\n"
                                   "endmodule\n");

    cr_expect(has(&l, "operator", "go || !rst"));
    cr_expect(has(&l, "negation dropped", "go && rst"));
    cr_expect(has(&l, "condition inverted", "!(go && !rst)"));
    cr_expect(has(&l, "always", "1'b1"));
    cr_expect(has(&l, "never", "1'b0"));
    cr_expect(has(&l, "operator", "a + b"));
    cr_expect(has(&l, "operands exchanged", "b - a"));
    cr_expect(has(&l, "condition inverted", "!(c)? STOP : 4'd7") ||
              has(&l, "condition inverted", "!(c) ? STOP : 4'd7"));
    cr_expect(has(&l, "state", "c ? IDLE : 4'd7"));
    cr_expect(has(&l, "constant", "c ? STOP : 4'd8"));
    cr_expect(has(&l, "constant", "c ? STOP : 4'd6"));
    cr_expect(has(&l, "assignment dropped", NULL));
    cr_expect_eq(l.n, 13);
    mutant_list_fini(&l);
}

/* Widths, ranges, repetitions, parameters and what is generated are fixed when the hardware runs.
 */
Test(mutate, what_is_fixed_stays)
{
    struct mutant_list l = mutants("module m #(parameter integer N = 4) (input wire [N-1:0] a);\n"
                                   "    localparam integer K = N + 1;\n"
                                   "    wire [K-1:0] w = {N{a[3:1]}};\n"
                                   "    genvar g;\n"
                                   "    generate\n"
                                   "        for (g = 0; g < N; g = g + 1) begin : each\n"
                                   "            if (g == 1) begin : one\n"
                                   "                m2 #(.P(N + 1)) u (.x(x[g*4 +: 4]), .y(a));\n"
                                   "            end\n"
                                   "        end\n"
                                   "    endgenerate\n"
                                   "    initial x = 1 + 2;\n"
                                   "endmodule\n");

    cr_expect_eq(l.n, 0);
    mutant_list_fini(&l);
}

Test(mutate, declarations_ports_and_indices)
{
    struct mutant_list l = mutants("module m;\n"
                                   "    wire a = b & c, d = e | f;\n"
                                   "    m2 u (.x(g && h));\n"
                                   "    always @* begin : p\n"
                                   "        y[i + k +: 8] = z[8*j +: 8];\n"
                                   "    end\n"
                                   "endmodule\n");

    cr_expect(has(&l, "operator", "b | c"));
    cr_expect(has(&l, "operator", "e & f"));
    cr_expect(has(&l, "operator", "g || h"));
    cr_expect(has(&l, "operator", "i - k"));
    cr_expect(has(&l, "operator", "z[8+j +: 8]"));
    cr_expect(has(&l, "constant", "z[9*j +: 8]"));
    mutant_list_fini(&l);
}

Test(mutate, text_without_chosen_mutants_is_as_it_was)
{
    const char *text = "module m;\n    assign a = b + c;\nendmodule\n";
    struct mutant_list l = mutants(text);
    char *out = mutant_plant(&l, "m.sv", text);

    cr_expect_str_eq(out, text);
    free(out);
    mutant_list_fini(&l);
}

Test(mutate, chosen_mutants_sleep_side_by_side)
{
    const char *text = "module m;\n"
                       "    always @(posedge clk)\n"
                       "        if (a) x <= b + 2'd1;\n"
                       "endmodule\n";
    struct mutant_list l = mutants(text);
    char *out;

    for (size_t i = 0; i < l.n; i++) {
        if (!l.at[i].text)
            l.at[i].id = 9;
        else if (strcmp(l.at[i].text, "b - 2'd1") == 0)
            l.at[i].id = 4;
        else if (strcmp(l.at[i].text, "b + 2'd2") == 0)
            l.at[i].id = 5;
    }
    out = mutant_plant(&l, "m.sv", text);
    cr_expect_str_eq(out, "module m;\n"
                          "    always @(posedge clk)\n"
                          "        if (a) begin if (mutant::id != 9) x <= (mutant::id == 4 ? (b - "
                          "2'd1) : mutant::id == 5 ? (b + 2'd2) : (b + 2'd1)); end\n"
                          "endmodule\n");
    free(out);
    out = mutant_plant(&l, "other.sv", text);
    cr_expect_str_eq(out, text);
    free(out);
    mutant_list_fini(&l);
}

/* What is caught need not be built any more. */
Test(mutate, caught_mutants_are_not_planted)
{
    const char *text = "module m;\n    assign a = b + 2'd1;\nendmodule\n";
    struct mutant_list l = mutants(text);
    uint32_t n = 0;
    char *out;

    for (size_t i = 0; i < l.n; i++) {
        l.at[i].id = ++n;
        l.at[i].caught = strcmp(l.at[i].text, "b + 2'd2") != 0;
    }
    cr_assert_geq(n, 3);
    out = mutant_plant(&l, "m.sv", text);
    for (size_t i = 0; i < l.n; i++)
        cr_expect_eq(strstr(out, l.at[i].text) != NULL, !l.at[i].caught, "%s", l.at[i].text);
    free(out);
    mutant_list_fini(&l);
}
