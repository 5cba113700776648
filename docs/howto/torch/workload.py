# SPDX-License-Identifier: Apache-2.0
"""A trained network as a workload file of AutoRAC (docs/file-formats.md): post-training quantisation to
integers, the integers' own arithmetic in NumPy, and how far they may be from the float model.

Program builds a network operator by operator, in the order in which it is computed. Every operator gets
its float weights and `sample`, its float output for some requests (requests, elements), or the largest
absolute values of it (1, elements), from which the scale of its codes follows: nothing is clipped on the sample. Weights: WEIGHT_BITS a row of a matrix;
activations and tables: ACT_BITS. Needs numpy and h5py.
"""
import h5py
import numpy as np

WEIGHT_BITS, ACT_BITS = 8, 8
KIND = {"embed": 0, "mvm": 1, "dp": 2, "fm": 3, "add": 4}


def mults(ratio):
    """16-bit multipliers and their common shift, ratio = mult / 2^shift."""
    ratio = np.asarray(ratio, float)
    shift = int(np.clip(16 - np.frexp(ratio.max())[1], 1, 40))
    mult = np.floor(ratio * 2.0**shift + 0.5)
    if mult.max() > 65535:
        shift -= 1
        mult = np.floor(ratio * 2.0**shift + 0.5)
    return mult.astype(np.uint16), shift


class Tensor:
    def __init__(self, name, rows, dim, signed, peak, bits=ACT_BITS):
        self.name, self.rows, self.dim, self.bits = name, rows, dim, bits
        self.zero = 2 ** (bits - 1) if signed else 0
        self.scale = float(max(peak, 1e-9)) / (2**bits - 1 - self.zero)

    def codes(self, x):
        return np.clip(np.floor(np.asarray(x, float) / self.scale + 0.5) + self.zero, 0, 2**self.bits - 1).astype(int)

    def requant(self, acc, mult, shift):
        """As the head of traces/workload.h defines it."""
        y = ((acc * np.int64(mult) + (1 << (shift - 1))) >> shift) + self.zero
        return np.clip(y, 0, 2**self.bits - 1)


class Program:
    def __init__(self, name, dense_sample):
        """dense_sample: (requests, features), none: no features."""
        self.name, self.tensors, self.ops = name, [], []
        n = dense_sample.shape[1]
        self.dense = self._tensor(Tensor("dense", 1 if n else 0, n, True, np.abs(dense_sample).max(initial=0)))

    def _tensor(self, t):
        t.number = len(self.tensors)
        self.tensors.append(t)
        return t

    def _op(self, kind, role, inputs, out, run, **numbers):
        self._tensor(out)
        self.ops.append(dict(dict(kind=kind, role=role, inputs=inputs, out=out, run=run, n_vec=1, raw=0,
                                  weight_bits=0, mult=np.zeros(0, np.uint16), shift=0), **numbers))
        return out

    def embed(self, tables, peak=0):
        """tables: a matrix (rows, dim) a field. peak: the codes reach as far, whatever the tables hold."""
        dim = tables[0].shape[1]
        out = Tensor("embed", len(tables), dim, True, max(peak, max(np.abs(t).max() for t in tables)))
        self.tables = [out.codes(t) for t in tables]
        run = lambda x, lookup: np.concatenate([t[lookup[:, f]] for f, t in enumerate(self.tables)], 1)
        n = len(tables)
        return self._op("embed", "embed", [], out, run, n_in=n, n_out=n, n_vec=dim)

    def _centred(self, codes, inputs):
        return np.concatenate([codes[t.name].astype(np.int64) - t.zero for t in inputs], 1)

    def fc(self, name, inputs, weight, bias, sample=None, relu=True):
        """weight (outputs, inputs in their order). Without sample it is the logit: the last operator,
        which is not requantised."""
        step = np.concatenate([np.full(t.rows * t.dim, t.scale) for t in inputs])
        real = np.asarray(weight, float) * step  # of integer inputs
        top = 2 ** (WEIGHT_BITS - 1) - 1
        bias = np.asarray(bias, float)
        # real value of one accumulator step; a dead neuron may have a bias alone
        row = np.maximum(np.abs(real).max(1) / top, np.abs(bias) / 2**24 + 1e-12)
        w = np.rint(real / row[:, None]).astype(np.int8)
        b = np.rint(bias / row).astype(np.int32)
        acc = lambda x: x @ w.T.astype(np.int64) + b
        numbers = dict(weight=w, bias=b, weight_bits=WEIGHT_BITS, n_in=w.shape[1], n_out=w.shape[0], row=row, relu=relu)
        if sample is None:
            out = Tensor(name, 1, 1, True, 1.0)
            out.bits, out.zero, out.scale = 32, 0, float(row[0])
            return self._op("mvm", "final", inputs, out, lambda x, _: acc(x), **dict(numbers, raw=1, relu=False))
        out = Tensor(name, 1, w.shape[0], not relu, np.abs(sample).max())
        mult, shift = mults(row / out.scale)
        return self._op("mvm", "fc", inputs, out, lambda x, _: out.requant(acc(x), mult, shift),
                        **numbers, mult=mult, shift=shift)

    def signed(self, name, x, like):
        """The same values on the signed scale of another tensor: operands of one dp or fm share theirs."""
        out = Tensor(name, x.rows, x.dim, True, 1.0)
        out.scale = like.scale
        mult, shift = mults([0.5 * x.scale / out.scale] * 2)
        run = lambda v, _: out.requant(v[:, : x.dim] * np.int64(mult[0]) + v[:, x.dim :] * np.int64(mult[1]), 1, shift)
        return self._op("add", "add", [x, x], out, run, n_in=x.dim, n_out=x.dim, mult=mult, shift=shift)

    def dp(self, name, inputs, sample):
        """Products of all pairs of rows (i, j), i > j."""
        n, dim = sum(t.rows for t in inputs), inputs[0].dim
        i, j = np.tril_indices(n, -1)
        out = Tensor(name, 1, len(i), True, np.abs(sample).max())
        mult, shift = mults([inputs[0].scale ** 2 / out.scale])

        def run(x, _):
            rows = x.reshape(len(x), n, dim)
            return out.requant(np.einsum("rpc,rqc->rpq", rows, rows)[:, i, j], mult[0], shift)

        return self._op("dp", "dp", inputs, out, run, n_in=n, n_out=len(i), n_vec=dim, mult=mult, shift=shift)

    def fm(self, name, x, sample):
        """(sum of rows)^2 - sum of squares, a column each."""
        out = Tensor(name, 1, x.dim, True, np.abs(sample).max())
        mult, shift = mults([x.scale**2 / out.scale])

        def run(v, _):
            rows = v.reshape(len(v), x.rows, x.dim)
            return out.requant(rows.sum(1) ** 2 - (rows**2).sum(1), mult[0], shift)

        return self._op("fm", "fm", [x], out, run, n_in=x.rows, n_out=x.dim, n_vec=x.dim, mult=mult, shift=shift)

    def logits(self, lookup, dense):
        """Integer logits (requests); times scale() they are the real ones."""
        codes = {"dense": self.dense.codes(dense)}
        for o in self.ops:
            x = self._centred(codes, o["inputs"]) if o["inputs"] else None
            codes[o["out"].name] = o["run"](x, lookup)
        return codes[self.ops[-1]["out"].name][:, 0]

    def scale(self):
        return self.ops[-1]["out"].scale

    def error(self, acts, grads):
        """Standard deviation of the logit (requests), from rounding alone: every code, weight and bias is
        off by up to half a step, evenly and independently, and moves the logit as the float model's gradients
        (grads: of the logit by each tensor; acts: its values; both (requests, elements) by name) say."""
        var = 0.0
        for t in self.tensors:
            if t.bits <= 8 and t.rows:
                var = var + t.scale**2 / 12 * (grads[t.name] ** 2).sum(1)
        for o in self.ops:
            if o["kind"] == "mvm":
                x = np.concatenate([acts[t.name] / t.scale for t in o["inputs"]], 1)
                g = np.ones((len(x), 1)) if o["raw"] else grads[o["out"].name]
                if o["relu"]:
                    g = g * (acts[o["out"].name] > 0)
                var = var + (g**2 @ o["row"] ** 2) * ((x**2).sum(1) + 1) / 12
        return np.sqrt(var)

    def save(self, path, lookup, dense, label, **more):
        """more: further columns of /requests, as (values, units, long name)."""
        with h5py.File(path, "w") as f:
            f.attrs["format"] = np.bytes_("autorac-workload")
            f.attrs["format_version"] = np.uint64(2)
            f.attrs["creator"] = np.bytes_("docs/howto/torch")
            f.attrs["name"] = np.bytes_(self.name)
            f.attrs["logit_scale"] = np.float64(self.scale())

            def put(name, values, dtype, units="1", long_name=""):
                values = np.asarray(values).astype(dtype)
                d = f.create_dataset(name, data=values, maxshape=(None,) + values.shape[1:])
                d.attrs["units"], d.attrs["long_name"] = np.bytes_(units), np.bytes_(long_name or name.split("/")[-1])

            for key, dtype in (("name", "S32"), ("rows", "u4"), ("dim", "u4"), ("bits", "u4"), ("scale", "f8")):
                put("program/tensors/" + key, [getattr(t, key) for t in self.tensors], dtype)
            put("program/tensors/zero_point", [t.zero for t in self.tensors], "u4")
            ops = self.ops
            put("program/ops/name", [o["out"].name for o in ops], "S32")
            put("program/ops/role", [o["role"] for o in ops], "S16")
            put("program/ops/kind", [KIND[o["kind"]] for o in ops], "u4")
            put("program/ops/output", [o["out"].number for o in ops], "u4")
            for key in ("n_in", "n_out", "n_vec", "weight_bits", "shift"):
                put("program/ops/" + key, [o[key] for o in ops], "u4")
            for key in ("block", "n_heads", "score_shift"):
                put("program/ops/" + key, [0] * len(ops), "u4")
            put("program/ops/raw", [o["raw"] for o in ops], "u1")
            put("program/ops/by_row", [0] * len(ops), "u1")
            put("program/ops/input_offsets", np.cumsum([0] + [len(o["inputs"]) for o in ops]), "u4")
            put("program/ops/inputs", [t.number for o in ops for t in o["inputs"]], "u4")
            for i, o in enumerate(ops):
                if o["kind"] == "mvm":
                    put(f"program/op/{i}/weight", o["weight"], "i1")
                    put(f"program/op/{i}/bias", o["bias"], "i4")
                if len(o["mult"]):
                    put(f"program/op/{i}/mult", o["mult"], "u2")
            n, fields = lookup.shape
            put("tables/row_base", np.cumsum([0] + [len(t) for t in self.tables]), "u8")
            put("tables/max_bag", [0] * fields, "u4")
            put("tables/stored", [], "u8")
            put("tables/codes", np.concatenate(self.tables), "u1")
            put("requests/request", np.arange(n), "u4")
            put("requests/dense", self.dense.codes(dense), "u1")
            put("requests/label", label, "u1")
            put("requests/expected_logit", self.logits(lookup, dense), "i4")
            put("requests/lookup/offsets", np.arange(n + 1) * fields, "u8")
            put("requests/lookup/table", np.tile(np.arange(fields), n), "u2")
            put("requests/lookup/row", lookup.reshape(-1), "u4")
            for name, (values, units, long_name) in more.items():
                put("requests/" + name, values, "f8", units, long_name)
