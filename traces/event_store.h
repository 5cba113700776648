/* SPDX-License-Identifier: Apache-2.0 */
/* traces/event_store.h: events as they will stand in a results file, packed while a run goes on.
 *
 * A list of all events of a long run takes 24 bytes each and is cold when it is written; here they
 * are packed (traces/h5_pack.h) as soon as there are enough for a chunk of each column. What is
 * put into a file depends on the events alone, not on how they were handed over. */
#ifndef AUTORAC_TRACES_EVENT_STORE_H
#define AUTORAC_TRACES_EVENT_STORE_H

#include "traces/h5.h"
#include "traces/result.h"

struct event_store *event_store_new(void);
void event_store_free(struct event_store *s); /* NULL is legal */
/* The next n events in canonical order. */
void event_store_add(struct event_store *s, const struct event *ev, uint64_t n);
/* /events and /latency of all events so far; more may be added afterwards. */
void event_store_put(const struct event_store *s, struct h5 *f);

#endif
