"""What the tests of the store's page are made of, beside what page_bench.py has."""

from __future__ import annotations

import argparse
from typing import Any

from fake_store import TOKEN, FakeStore
from page_bench import DESKTOP, Bench, text


class StoreBench(Bench):
    """A browser and a fake store for one check."""

    server: FakeStore  # type: ignore[assignment]

    def __init__(self, browser: Any, options: argparse.Namespace) -> None:
        super().__init__(browser, options)
        self.server.stop()
        self.server = FakeStore()

    @property
    def store(self) -> FakeStore:
        return self.server

    def look(self, runs: int | None = None, size: tuple[int, int] = DESKTOP, scheme: str = "light", *,
             token: str | None = None, fragment: str = "") -> Any:
        """The page of a store with so many runs, or with those that it has."""
        if runs is not None:
            self.store.fill(runs)
        parts = [part for part in (f"token={token}" if token else "", fragment) if part]
        page = self.open(size, scheme, self.store.address + ("#" + "&".join(parts) if parts else ""))
        page.wait_for_selector("#link.live")
        return page

    def steer(self, runs: int | None = None, fragment: str = "") -> Any:
        return self.look(runs, token=TOKEN, fragment=fragment)


def shown(page: Any) -> list[str]:
    """The runs in the table, by id, in their order."""
    return page.evaluate("[...document.querySelectorAll('#runs-body tr')].map(row => row.dataset.id)")


def cells(page: Any, kind: str) -> list[str]:
    return page.evaluate("kind => [...document.querySelectorAll(`#runs-body td.${kind}`)].map(cell => cell.innerText)", kind)


def column(page: Any, title: str) -> list[str]:
    return page.evaluate(
        "title => [...document.querySelectorAll(`#runs-body td[data-label='${title}']`)].map(cell => cell.innerText)",
        title)


def search(page: Any, words: str) -> list[str]:
    page.fill("#filter", words)
    return shown(page)


def box(page: Any, name: str) -> Any:
    """The checkbox of a run."""
    return page.locator(f"#runs-body tr[data-id='{name}'] .choose input")


def chosen(page: Any) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('#runs-body tr.chosen')].map(row => row.dataset.id)")


def wait_for_text(page: Any, selector: str, words: str) -> None:
    page.wait_for_function("([s, w]) => document.querySelector(s).textContent.includes(w)", arg=[selector, words])


def wait_for_lines(page: Any, count: int) -> None:
    page.wait_for_function("n => document.querySelectorAll('#accuracy g[data-key]').length === n", arg=count)


def open_actions(page: Any, name: str) -> None:
    page.locator(f"#runs-body tr[data-id='{name}'] .more button").click()
    page.wait_for_selector("#steer[open]")


def said(page: Any) -> str:
    return text(page, "#steer-said")
