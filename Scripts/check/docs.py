#!/usr/bin/env python3
"""Builds the libraries' documentation of what `swift build -c release` compiled.

Each library with a catalog, Sources/X/X.docc, becomes an archive; all together become a site in
.build-docs/site. The programs of Tests/Outside, which are compiled and run against the checkout, stand in
the pages as snippets. A public name without a comment, a warning of DocC and a link that leads nowhere
end it with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / ".build-docs"
# Parameters that say themselves have no comment of their own.
TAKEN_AS_MEANT = re.compile(r"Parameter '\w+' is missing documentation")


def run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def tool(name: str) -> Path:
    """A tool that lies beside the compiler, wherever that is linked to."""
    compiler = shutil.which("swiftc")
    if compiler is None:
        sys.exit("docs: swiftc is not on the path: install Swift, or run Scripts/setup/setup.sh")
    return Path(compiler).resolve().parent / name


def c_flags(scratch: Path) -> list[str]:
    """What the compiler must know to read modules that import C."""
    maps = [
        *scratch.glob("release/*.build/module.modulemap"),
        *scratch.glob("checkouts/*/Sources/*/include/module.modulemap"),
        *scratch.glob("checkouts/*/Sources/*/module.modulemap"),
        *ROOT.glob("Sources/*/module.modulemap"),
    ]
    flags = [word for path in maps for word in ("-Xcc", f"-fmodule-map-file={path}")]
    packages = ["openblas", "zlib", "libpng", "libxxhash", "libcrypto", "sqlite3"]
    for package in packages:
        found = run(["pkg-config", "--cflags", package]).stdout.split()
        flags += [word for flag in found for word in ("-Xcc", flag)]
    return flags


def extract(library: str, modules: Path, flags: list[str], target: str) -> Path:
    """The symbol graph of a library's public names, in a folder of its own."""
    folder = OUTPUT / "symbols" / library
    folder.mkdir(parents=True)
    done = run([
        tool("swift-symbolgraph-extract"), "-module-name", library, "-I", modules, *flags,
        "-target", target, "-minimum-access-level", "public", "-skip-synthesized-members",
        "-output-dir", folder,
    ])
    if done.returncode or not (folder / f"{library}.symbols.json").exists():
        sys.exit(f"docs: no symbols of {library}: is it built? (make build)\n{done.stderr[-2000:]}")
    return folder


def undocumented(folder: Path) -> list[str]:
    """Public names of a library that say nothing of themselves; the linter sees no cases of enums."""
    names = []
    for file in folder.glob("*.symbols.json"):
        graph = json.loads(file.read_text())
        for symbol in graph["symbols"]:
            place = symbol.get("location")
            # What the compiler makes itself has no place.
            if place is None or symbol.get("docComment", {}).get("lines"):
                continue
            path = place["uri"].removeprefix("file://").removeprefix(f"{ROOT}/")
            line = place["position"]["line"] + 1
            names.append(f"{path}:{line}: {'.'.join(symbol['pathComponents'])} has no comment")
    return names


def snippet(name: str, text: str) -> dict[str, object]:
    """A program as DocC knows a snippet; `// snippet.NAME` … `// snippet.end` mark its slices."""
    lines: list[str] = []
    slices: dict[str, list[int]] = {}
    begun: tuple[str, int] | None = None
    for line in text.splitlines():
        mark = re.fullmatch(r"// snippet\.(\w+)", line.strip())
        if mark is None:
            lines.append(line)
        elif mark[1] == "end" and begun is not None:
            slices[begun[0]] = [begun[1], len(lines)]
            begun = None
        else:
            begun = (mark[1], len(lines))
    return {
        "kind": {"identifier": "swift.snippet", "displayName": "Snippet"},
        "identifier": {
            "precise": f"$snippet__outside.{name}",
            "interfaceLanguage": "swift",
        },
        "names": {"title": name}, "pathComponents": ["Snippets", name],
        "docComment": {"lines": []}, "accessLevel": "public",
        "snippet": {"language": "swift", "lines": lines, "slices": slices},
    }


def snippets() -> dict[str, object]:
    """The programs of Tests/Outside, and the client that the tests link."""
    files = {path.parent.name: path for path in ROOT.glob("Tests/Outside/Sources/*/main.swift")}
    files |= {path.stem: path for path in ROOT.glob("Tests/WithoutBLAS/WithoutBLAS.swift")}
    return {
        "metadata": {"formatVersion": {"major": 0, "minor": 1, "patch": 0}, "generator": "docs.py"},
        "module": {"name": "outside", "platform": {}, "isVirtual": True},
        "symbols": [snippet(name, path.read_text()) for name, path in sorted(files.items())],
        "relationships": [],
    }


def convert(library: str, symbols: Path, before: list[Path]) -> tuple[Path, list[str]]:
    """A library's archive, and what DocC finds wrong."""
    archive = OUTPUT / f"{library}.doccarchive"
    done = run([
        tool("docc"), "convert", ROOT / f"Sources/{library}/{library}.docc",
        "--additional-symbol-graph-dir", symbols, "--output-dir", archive,
        "--fallback-display-name", library, "--fallback-bundle-identifier", f"federated.{library}",
        "--fallback-default-module-kind", "Library", "--enable-experimental-external-link-support",
        *[word for other in before for word in ("--dependency", other)],
    ])
    text = done.stdout + done.stderr
    wrong = [
        line for line in text.splitlines()
        if re.search(r"(^|: )(warning|error):", line) and not TAKEN_AS_MEANT.search(line)
    ]
    if done.returncode and not wrong:
        wrong = [text[-2000:]]
    return archive, [f"{library}: {line}" for line in wrong]


def dead_links(site: Path) -> list[str]:
    """Links of the pages' own to pages that are not there."""
    dead = set()
    for page in (site / "data").rglob("*.json"):
        for target in re.findall(r'"/documentation/[^"#]*', page.read_text().replace("\\/", "/")):
            path = target[1:].rstrip("/").lower()
            if not (site / "data" / f"{path.removeprefix('/')}.json").exists():
                dead.add(f"{page.relative_to(site)}: {path} leads nowhere")
    return sorted(dead)


def in_order(libraries: list[str]) -> list[str]:
    """Libraries, each behind those that it imports."""
    described = run(["swift", "package", "describe", "--type", "json"])
    if described.returncode:
        sys.exit(f"docs: {described.stderr}")
    needs = {
        target["name"]: target.get("target_dependencies", [])
        for target in json.loads(described.stdout)["targets"]
    }
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        for need in needs.get(name, []):
            visit(need)
        order.append(name)

    for library in libraries:
        visit(library)
    return [name for name in order if name in libraries]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scratch", type=Path, default=ROOT / ".build", help="where it was built")
    parser.add_argument("libraries", nargs="*", help="these alone; else all with a catalog")
    options = parser.parse_args()
    os.chdir(ROOT)
    libraries = options.libraries or [path.stem for path in ROOT.glob("Sources/*/*.docc")]
    shutil.rmtree(OUTPUT, ignore_errors=True)
    modules = options.scratch / "release/Modules"
    target = json.loads(run(["swift", "-print-target-info"]).stdout)["target"]["triple"]
    flags = c_flags(options.scratch)
    wrong: list[str] = []
    archives: list[Path] = []
    programs = json.dumps(snippets())
    for library in in_order(libraries):
        symbols = extract(library, modules, flags, target)
        wrong += undocumented(symbols)
        (symbols / "snippets.symbols.json").write_text(programs)
        archive, warnings = convert(library, symbols, archives)
        wrong += warnings
        archives.append(archive)
    site = OUTPUT / "site"
    done = run([
        tool("docc"), "merge", *archives, "--synthesized-landing-page-name", "swift-federated",
        "--synthesized-landing-page-kind", "Package", "--output-path", site,
    ])
    if done.returncode:
        wrong.append(done.stderr)
    wrong += dead_links(site)
    for line in wrong:
        print(line, file=sys.stderr)
    pages = len(list((site / "data").rglob("*.json")))
    print(f"docs: {len(archives)} libraries, {pages} pages in {site.relative_to(ROOT)}, "
          f"{len(wrong)} wrong")
    print(f"docs: python3 -m http.server -d {site.relative_to(ROOT)}, then /documentation")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
