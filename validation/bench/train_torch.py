#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""train_torch.py: samples a second that PyTorch trains on one core, of the DNN of "bench_train dnn".

10 tables of 538 rows of 16 (one table of all of them), FC layers of 256 and 128 with ReLU, one output, logistic
loss, Adam, batch 256, meaningless rows. Processor time after 200 steps, of 1000. Prints a dash without PyTorch.
"""
import sys
import time

try:
    import torch
except ImportError:
    print("-")
    sys.exit(0)

FIELDS, TABLE, DIM, BATCH, SETTLE, STEPS = 10, 538, 16, 256, 200, 1200

torch.set_num_threads(1)
torch.manual_seed(1)


class Dnn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(FIELDS * TABLE, DIM)
        self.deep = torch.nn.Sequential(
            torch.nn.Linear(FIELDS * DIM, 256), torch.nn.ReLU(),
            torch.nn.Linear(256, 128), torch.nn.ReLU(),
            torch.nn.Linear(128, 1))

    def forward(self, rows):
        return self.deep(self.table(rows).flatten(1)).squeeze(1)


net = Dnn()
optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
loss_of = torch.nn.BCEWithLogitsLoss()
rows = torch.randint(TABLE, (BATCH * STEPS, FIELDS)) + torch.arange(FIELDS) * TABLE
label = torch.randint(2, (BATCH * STEPS,)).float()

for step in range(STEPS):
    if step == SETTLE:
        start = time.process_time()
    part = slice(step * BATCH, (step + 1) * BATCH)
    optimiser.zero_grad()
    loss = loss_of(net(rows[part]), label[part])
    loss.backward()
    optimiser.step()
print(f"{BATCH * (STEPS - SETTLE) / (time.process_time() - start):.1f}")
