"""Tests of plot_study.py: python -m unittest discover -s Scripts"""

from __future__ import annotations

import unittest

import plot_study


class CurvesTest(unittest.TestCase):
    def test_every_cells_curve_is_seen(self):
        for ends in [[0.99, 0.98], [0.7, 0.48], [0.9, 0.05]]:
            figure, axes = plot_study.plt.subplots()
            cells = [{"name": f"cell{n}", "curves": [[end / 2, end]]} for n, end in enumerate(ends)]
            plot_study.draw_curves(axes, {"measure": "accuracy", "targets": []}, cells)
            bottom, top = axes.get_ylim()
            for end in ends:
                self.assertLess(bottom, 100 * end)
                self.assertGreater(top, 100 * end)
            plot_study.plt.close(figure)
