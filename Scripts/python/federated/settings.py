"""The settings of a run: what there are, and whether a value may be one's."""

from __future__ import annotations

import difflib
import functools
import json
import math
import numbers
import os
from typing import Any

from .errors import SettingsError
from .program import ask_program, find_program
from .spelling import snake


def settings() -> list[dict[str, Any]]:
    """What `federated settings --json` says: name, type, bounds, default and help of each."""
    return _settings_of(find_program())


@functools.lru_cache(maxsize=4)
def _settings_of(program: str) -> list[dict[str, Any]]:
    return json.loads(ask_program("settings", "--json"))


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The same by the program's own names, without those that are None.

    Raises SettingsError for a name that there is not, and a value that its setting may not have."""
    known = {one["name"]: one for one in settings() if one["option"]}
    result = {}
    spelt: set[str] = set()
    for name, value in given.items():
        own = snake(name) if name.isidentifier() else name
        if own not in known:
            near = difflib.get_close_matches(own, known, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ": federated.settings() has them all"
            raise SettingsError(f"there is no setting {name!r}{hint}")
        if own in spelt:
            raise SettingsError(f"{own!r} is given twice, by two spellings")
        spelt.add(own)
        if value is not None:
            result[own] = checked_value(known[own], name, value)
    return result


def checked_value(setting: dict[str, Any], name: str, value: Any) -> Any:
    """The value as JSON has it."""
    kind = setting["type"]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 0) == 0:
        value = value.item()  # one of NumPy's
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if kind == "flag":
        if not isinstance(value, bool):
            raise SettingsError(f"{name} is {value!r}: expected True or False")
    elif kind in ("whole number", "number"):
        _check_number(setting, name, value)
    elif kind == "choice":
        if value not in setting["values"] or isinstance(value, bool):
            choices = ", ".join(map(repr, setting["values"]))
            raise SettingsError(f"{name} is {value!r}: expected one of {choices}")
    elif kind == "choice or file":
        if not isinstance(value, (str, dict)):
            raise SettingsError(f"{name} is {value!r}: expected a name, a file's path or its content")
    elif not isinstance(value, str):
        raise SettingsError(f"{name} is {value!r}: expected a text")
    return value


def _check_number(setting: dict[str, Any], name: str, value: Any) -> None:
    whole = setting["type"] == "whole number"
    if isinstance(value, str) and (value == "all" and "all" in setting["help"]
                                   or setting["name"] == "cohort"):
        return  # the program reads words and fractions itself
    bounds = setting.get("bounds", {})
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value) or (
            whole and value != int(value)):
        raise SettingsError(f"{name} is {value!r}: expected a {setting['type']}")
    tests = [
        ("minimum", "at least", lambda bound: value >= bound),
        ("exclusiveMinimum", "above", lambda bound: value > bound),
        ("maximum", "at most", lambda bound: value <= bound),
        ("exclusiveMaximum", "below", lambda bound: value < bound),
    ]
    if setting["name"] == "cohort":
        tests, bounds = tests[:0], {}
        if value <= 0:
            raise SettingsError(f"{name} is {value!r}: expected a number above 0")
    for key, words, holds in tests:
        if key in bounds and not holds(bounds[key]):
            raise SettingsError(f"{name} is {value!r}: expected a number {words} {bounds[key]}")


def options(values: dict[str, Any]) -> list[str]:
    """Checked settings as a command's options. A model that is a dict is not among them."""
    known = {one["name"]: one["option"] for one in settings()}
    result = []
    for name, value in values.items():
        if isinstance(value, bool):
            result += [known[name]] if value else []
        else:
            # Behind an equals sign a value is one, whatever it begins with.
            result.append(f"{known[name]}={_text(value)}")
    return result


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
