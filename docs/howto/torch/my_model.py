#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""my_model.py train dlrm|deepfm WORKLOAD.h5 [--frappe DIR] [--requests N]
   my_model.py check WORKLOAD.h5 RESULTS.h5

train: a small DLRM or DeepFM in PyTorch, on Frappe (DIR has train.libfm.xz and valid.libfm.xz) or on drawn
clicks, as a workload file. check: logits of a run of the chip against PyTorch's, which the file carries.
Needs python3-torch and python3-h5py. Replace the models and the data by your own; export() says how each
layer becomes an operator.
"""
import argparse
import lzma
import sys

import h5py
import numpy as np
import torch
from torch import nn

from workload import Program


# ---- data: lookup (requests, fields), dense (requests, features), label ----


def frappe(directory):
    """Ten fields; ids of the training part in order of first appearance from 1, others are row 0."""
    parts = []
    for part in ("train", "valid"):
        with lzma.open(f"{directory}/{part}.libfm.xz", "rt") as f:
            parts.append([line.split() for line in f])
    ids = [{} for _ in parts[0][0][1:]]
    for line in parts[0]:
        for known, word in zip(ids, line[1:]):
            known.setdefault(word, len(known) + 1)
    rows = [len(known) + 1 for known in ids]
    out = []
    for part in parts:
        lookup = np.array([[known.get(word, 0) for known, word in zip(ids, line[1:])] for line in part])
        label = np.array([float(line[0]) > 0 for line in part], float)
        out.append((lookup, np.zeros((len(part), 0)), label))
    return rows, out[0], out[1]


def drawn(n=40000):
    """Four features, six fields; clicks by a feature, by rows and by pairs of rows."""
    rng = np.random.default_rng(1)
    rows = [12, 30, 100, 40, 7, 300]
    taste, pull = [rng.normal(size=(r, 3)) for r in rows], [rng.normal(size=r) * 0.5 for r in rows]
    lookup = np.stack([np.minimum(rng.geometric(4.0 / r, n) - 1, r - 1) for r in rows], 1)
    dense = np.log1p(rng.exponential(2.0, (n, 4)))
    v = np.stack([taste[f][lookup[:, f]] for f in range(6)], 1)
    z = dense[:, 0] - 2 * dense[:, 1] * (v[:, 0, 0] > 0) + sum(pull[f][lookup[:, f]] for f in range(6))
    z = z + 0.5 * ((v.sum(1) ** 2 - (v**2).sum(1)) / 2).sum(1)
    label = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float)
    cut = n * 4 // 5
    return rows, (lookup[:cut], dense[:cut], label[:cut]), (lookup[cut:], dense[cut:], label[cut:])


# ---- models: forward(lookup, dense) leaves in self.acts what each operator of the chip gives ----


def mlp(*widths):
    return nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))


class Model(nn.Module):
    def __init__(self, rows, dim):
        super().__init__()
        self.table = nn.ModuleList(nn.Embedding(r, dim) for r in rows)
        for t in self.table:
            nn.init.normal_(t.weight, std=0.05)

    def keep(self, name, x):
        self.acts[name] = x
        if x.requires_grad:
            x.retain_grad()
        return x

    def layers(self, name, list_, x):
        for i, layer in enumerate(list_):
            x = self.keep(f"{name}{i}", torch.relu(layer(x)))
        return x

    def begin(self, lookup, dense):
        """Embedding rows (requests, fields, dim), and the features."""
        self.acts = {}
        rows = torch.stack([t(lookup[:, f]) for f, t in enumerate(self.table)], 1)
        return rows, self.keep("dense", dense.requires_grad_(torch.is_grad_enabled()))


class DLRM(Model):
    """Bottom layers over the features, products of all pairs of rows, top layers. Without features no bottom."""

    def __init__(self, rows, n_dense, dim=16):
        super().__init__(rows, dim)
        n = len(rows) + (1 if n_dense else 0)
        self.bottom = mlp(n_dense, 32, dim) if n_dense else mlp(0)
        self.top = mlp(n * (n - 1) // 2 + (dim if n_dense else 0), 64, 32)
        self.head = nn.Linear(32, 1)

    def forward(self, lookup, dense):
        rows, dense = self.begin(lookup, dense)
        rows = self.keep("embed", rows.flatten(1)).view_as(rows)
        x = []
        if len(self.bottom):
            x = [self.layers("bottom", self.bottom, dense)]
            rows = torch.cat([self.keep("bottom", x[0] + 0).unsqueeze(1), rows], 1)
        i, j = np.tril_indices(rows.shape[1], -1)
        pairs = self.keep("pairs", torch.bmm(rows, rows.transpose(1, 2))[:, i, j])
        return self.head(self.layers("top", self.top, torch.cat(x + [pairs], 1)))[:, 0]

    def export(self, p, acts, array):
        peak = np.abs(acts["bottom"]).max() if len(self.bottom) else 0
        embed = p.embed([array(t.weight) for t in self.table], peak)
        x, rows = p.dense, [embed]
        for i, layer in enumerate(self.bottom):
            x = p.fc(f"bottom{i}", [x], array(layer.weight), array(layer.bias), acts[f"bottom{i}"])
        if len(self.bottom):
            rows = [p.signed("bottom", x, like=embed), embed]
        pairs = p.dp("pairs", rows, acts["pairs"])
        x = [x, pairs] if len(self.bottom) else [pairs]
        for i, layer in enumerate(self.top):
            x = [p.fc(f"top{i}", x, array(layer.weight), array(layer.bias), acts[f"top{i}"])]
        p.fc("logit", x, array(self.head.weight), array(self.head.bias))


class DeepFM(Model):
    """A number a row (the linear part), products of all pairs of rows summed (FM), layers over all rows.

    The linear part's numbers are one more column of the tables, `lift` times larger, so that they fill the
    codes; what multiplies that column is 1 / lift in the head and 0 elsewhere."""

    def __init__(self, rows, n_dense, dim=16):
        super().__init__(rows, dim)
        self.linear = nn.ModuleList(nn.Embedding(r, 1) for r in rows)
        for t in self.linear:
            nn.init.zeros_(t.weight)
        self.deep = mlp(len(rows) * dim + n_dense, 64, 32)
        self.head = nn.Linear(32 + n_dense, 1)
        self.lift = 1.0

    def forward(self, lookup, dense):
        rows, dense = self.begin(lookup, dense)
        linear = torch.stack([t(lookup[:, f]) for f, t in enumerate(self.linear)], 1)
        all_ = torch.cat([rows, linear * self.lift], 2)
        all_ = self.keep("embed", all_.flatten(1)).view_as(all_)
        rows, linear = all_[:, :, :-1], all_[:, :, -1] / self.lift
        fm = self.keep("fm", all_.sum(1) ** 2 - (all_**2).sum(1))
        x = self.layers("deep", self.deep, torch.cat([rows.flatten(1), dense], 1))
        return self.head(torch.cat([x, dense], 1))[:, 0] + linear.sum(1) + 0.5 * fm[:, :-1].sum(1)

    def export(self, p, acts, array):
        fields, dim = len(self.table), self.table[0].weight.shape[1]
        both = [np.concatenate([array(t.weight), array(l.weight) * self.lift], 1) for t, l in zip(self.table, self.linear)]
        embed = p.embed(both)
        fm = p.fm("fm", embed, acts["fm"])
        dense = [p.dense] if p.dense.rows else []
        first = array(self.deep[0].weight)
        wide = np.zeros((len(first), fields, dim + 1))
        wide[:, :, :-1] = first[:, : fields * dim].reshape(-1, fields, dim)
        x = p.fc("deep0", [embed] + dense, np.concatenate([wide.reshape(len(first), -1), first[:, fields * dim :]], 1),
                 array(self.deep[0].bias), acts["deep0"])
        for i, layer in enumerate(self.deep[1:], 1):
            x = p.fc(f"deep{i}", [x], array(layer.weight), array(layer.bias), acts[f"deep{i}"])
        head = array(self.head.weight)[0]
        linear = np.zeros((fields, dim + 1))
        linear[:, -1] = 1 / self.lift
        weight = [linear.reshape(-1), [0.5] * dim + [0.0], head[: x.dim], head[x.dim :]]
        p.fc("logit", [embed, fm, x] + dense, [np.concatenate(weight)], array(self.head.bias))

    def prepare(self):
        peak = lambda tables: max(t.weight.abs().max().item() for t in tables)
        self.lift = peak(self.table) / max(peak(self.linear), 1e-6)


# ---- training and export ----


def auc(score, label):
    """Share of pairs in the right order; ties count half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    n = label.sum()
    return (rank[label > 0].sum() - n * (n + 1) / 2) / (n * (len(label) - n))


def tensors(lookup, dense, label):
    return torch.from_numpy(lookup), torch.from_numpy(dense).float(), torch.from_numpy(label).float()


def fit(model, part, epochs, batch=512):
    lookup, dense, label = tensors(*part)
    adam = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-6)
    for epoch in range(epochs):
        total = 0.0
        for i in torch.randperm(len(label)).split(batch):
            loss = nn.functional.binary_cross_entropy_with_logits(model(lookup[i], dense[i]), label[i])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(i)
        print(f"epoch {epoch + 1}: LogLoss {total / len(label):.4f} in training", flush=True)


def observe(model, lookup, dense, label):
    """Logit, activations and the logit's gradients by them, of every request."""
    z = model(*tensors(lookup, dense, label)[:2])
    z.sum().backward()
    array = lambda t: t.detach().numpy().astype(float)
    acts = {name: array(x) for name, x in model.acts.items()}
    grads = {name: array(x.grad) if x.grad is not None else 0 * array(x) for name, x in model.acts.items()}
    return array(z), acts, grads


def peaks(model, lookup, dense, label, batch=8192):
    """Largest absolute value of each element of each activation, as one row: the sample that scales follow."""
    out = {}
    with torch.no_grad():
        for i in range(0, len(label), batch):
            model(*tensors(lookup[i : i + batch], dense[i : i + batch], label[i : i + batch])[:2])
            for name, x in model.acts.items():
                top = x.abs().amax(0, keepdim=True).numpy().astype(float)
                out[name] = np.maximum(out.get(name, 0), top)
    return out


def train(a):
    torch.manual_seed(1)
    torch.set_num_threads(1)  # the same sums in the same order
    rows, fit_part, valid = frappe(a.frappe) if a.frappe else drawn()
    model = {"dlrm": DLRM, "deepfm": DeepFM}[a.model](rows, fit_part[1].shape[1])
    fit(model, fit_part, a.epochs)
    if hasattr(model, "prepare"):
        model.prepare()
    acts = peaks(model, *fit_part)
    p = Program(a.model, acts["dense"])
    model.export(p, acts, lambda t: t.detach().numpy().astype(float))

    z, acts, grads = observe(model, *valid)
    integer = p.logits(*valid[:2]) * p.scale()
    sigma = p.error(acts, grads)
    print(f"AUC of {len(z)} requests: PyTorch {auc(z, valid[2]):.5f}, integers {auc(integer, valid[2]):.5f}")
    print(f"logits: stated error {np.sqrt((sigma**2).mean()):.4f} (root mean square), found {np.sqrt(((integer - z)**2).mean()):.4f}")
    n = a.requests
    p.save(a.workload, valid[0][:n], valid[1][:n], valid[2][:n],
           float_logit=(z[:n], "1", "logit of the float model"),
           float_sigma=(sigma[:n], "1", "standard deviation that rounding gives the logit"))


def check(a):
    """The chip computes exactly the file's integers, or loses what its converters clip; either way its logits
    must lie around PyTorch's as the stated error says: at most twice it on average, six times it ever, but for one
    request in a thousand: values beyond any of the training part are clipped, which the stated error leaves out."""
    with h5py.File(a.workload) as w, h5py.File(a.results) as r:
        z, sigma, label = w["requests/float_logit"][:], w["requests/float_sigma"][:], w["requests/label"][:]
        chip = r["requests/logit"][:] * w.attrs["logit_scale"]
        same = int((r["requests/logit"][:] == w["requests/expected_logit"][:]).sum())
    off = np.abs(chip - z)
    print(f"{len(z)} requests: {same} logits are the file's integers")
    print(f"distance from PyTorch's: {np.sqrt((off**2).mean()):.4f} (root mean square), at most {off.max():.4f}; stated {np.sqrt((sigma**2).mean()):.4f}")
    print(f"AUC: PyTorch {auc(z, label):.5f}, chip {auc(chip, label):.5f}")
    far = int((off > 6 * sigma).sum())
    print(f"beyond six times the stated error: {far}")
    good = (off**2).mean() <= 4 * (sigma**2).mean() and far <= len(z) // 1000
    print("within the stated error" if good else "NOT within the stated error")
    return 0 if good else 1


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = a.add_subparsers(dest="do", required=True)
    t = sub.add_parser("train")
    t.add_argument("model", choices=("dlrm", "deepfm"))
    t.add_argument("workload")
    t.add_argument("--frappe", metavar="DIR")
    t.add_argument("--epochs", type=int, default=3)
    t.add_argument("--requests", type=int, default=128)
    c = sub.add_parser("check")
    c.add_argument("workload")
    c.add_argument("results")
    a = a.parse_args()
    return train(a) if a.do == "train" else check(a)


if __name__ == "__main__":
    sys.exit(main())
