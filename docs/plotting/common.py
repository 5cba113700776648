# SPDX-License-Identifier: Apache-2.0
"""What the recipes share: a results file as arrays, figures without a screen."""
import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

plt.rcParams.update({"figure.dpi": 120, "axes.grid": True, "grid.alpha": 0.3, "svg.fonttype": "none"})


def results(path):
    """The open file; format and version checked."""
    f = h5py.File(path)
    if f.attrs["format"] != b"autorac-results" or f.attrs["format_version"] != 2:
        raise SystemExit(f"{path}: not autorac-results, version 2")
    return f


def save(fig, path):
    fig.tight_layout()
    fig.savefig(path)
    print(path)
