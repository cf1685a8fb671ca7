#!/usr/bin/env python3
"""Holds the imports of every target against what Package.swift declares, and against DESIGN's arrows.

SwiftPM lets a target import whatever a dependency of a dependency has built, C modules above all. Here
each import must be declared, each declaration used, and no arrow may point where the house has none.

Usage: check_imports.py [FOLDER]. Status 1 and a line for each fault.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# Comes with the toolchain or the system.
TOOLCHAIN = {
    "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Musl",
    "Swift", "Synchronization", "Testing", "_Differentiation",
}
BLAS = "COpenBLAS"
NETWORK = {
    "AsyncHTTPClient", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "NIOCore", "NIOHTTP1",
    "NIOHTTPTypes", "NIOPosix", "NIOSSL", "HTTPCalls",
}
# target: what it must not reach, by however many steps.
FORBIDDEN = {
    "Platform": {BLAS, "CKernels"} | NETWORK,
    "JSON": {BLAS, "CKernels"} | NETWORK,
    "Parameters": {BLAS} | NETWORK,
    "Tensors": NETWORK,
    "NeuralNetworks": {"Datasets", "Federation"} | NETWORK,
    "Datasets": {"NeuralNetworks", "Federation", BLAS} | NETWORK,
    "Federation": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"} | NETWORK,
    "Robust": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"} | NETWORK,
    "Privacy": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"} | NETWORK,
    "Compression": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"} | NETWORK,
    "ExternalRules": {"Datasets", "CSQLite"} | NETWORK,
    "FederationWire": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"} | NETWORK,
    "FederationStore": {"NeuralNetworks", "Datasets", BLAS} | NETWORK,
    "FederationServer": {
        "NeuralNetworks", "Datasets", BLAS, "CSQLite", "FederationStore", "FederationClient"},
    "FederationClient": {"NeuralNetworks", "Datasets", BLAS, "CSQLite", "FederationServer"},
    "FlowerNode": {"NeuralNetworks", "Datasets", BLAS, "CSQLite"},
    "TensorBoard": {"NeuralNetworks", "Datasets", BLAS, "CSQLite", "Experiments"} | NETWORK,
    "Terminal": {BLAS, "CKernels", "Experiments"} | NETWORK,
    "RunPage": {BLAS, "CKernels", "Federation"} | NETWORK,
    # What `make run` builds: a newcomer waits for no network.
    "Experiments": {"Terminal", "ArgumentParser", "SwiftProtobuf"} | NETWORK,
    "SwiftFederated": {"ArgumentParser", "SwiftProtobuf"} | NETWORK,
    "federated": {"SwiftProtobuf", "NetworkExperiments"} | NETWORK,
    "NetworkExperiments": {"Terminal", "ArgumentParser"},
}
# target: toolchain modules that it does without.
BARE = {"Parameters": {"Foundation", "FoundationEssentials"}, "Tensors": {"Foundation", "FoundationEssentials"}}
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private )?import "
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias) )?(\w+)", re.M)


def declared(dependency):
    """The module that an entry of a target's dependencies names."""
    kind, value = next(iter(dependency.items()))
    return value[0]


def imports(folder):
    """Module: a file that imports it."""
    found = {}
    for path in sorted(folder.rglob("*.swift")):
        for name in IMPORT.findall(path.read_text()):
            found.setdefault(name, path)
    return found


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    package = json.loads(subprocess.run(
        ["swift", "package", "--package-path", str(root), "dump-package"],
        check=True, capture_output=True, text=True).stdout)
    faults = []
    graph = {}
    targets = {target["name"]: target for target in package["targets"]}
    for name, target in targets.items():
        graph[name] = {declared(item) for item in target["dependencies"]}
        if target["type"] == "system":
            continue
        isTest = target["type"] == "test"
        folder = root / (target.get("path") or f"{'Tests' if isTest else 'Sources'}/{name}")
        if not list(folder.rglob("*.swift")):
            continue
        found = imports(folder)
        for module, path in sorted(found.items()):
            if module in BARE.get(name, ()):
                faults.append(f"{path.relative_to(root)}: {name} does without {module}")
            # A small letter is a word of another language, in a text.
            if module in TOOLCHAIN or module == name or module[0].islower() and module not in targets:
                continue
            if module not in graph[name]:
                faults.append(
                    f"{path.relative_to(root)}: {name} imports {module}, which it does not declare")
        # Programs are declared to have them built; most tests start them.
        programs = {other for other in targets if targets[other]["type"] == "executable"}
        for module in sorted(graph[name] - set(found) - programs):
            faults.append(f"Package.swift: {name} declares {module} and does not import it")
    for name, forbidden in FORBIDDEN.items():
        if name not in graph:
            continue
        # What is reached, and by which way.
        ways = {name: name}
        line = [name]
        while line:
            here = line.pop()
            for module in sorted(graph.get(here, ())):
                if module not in ways:
                    ways[module] = f"{ways[here]} → {module}"
                    line.append(module)
        faults += [f"Package.swift: {ways[module]} is no arrow of this house"
                   for module in sorted(forbidden & set(ways))]
    programs = {"federated", "federated-network"}
    commands = programs | {"Commands", "NetworkCommands"}
    for name, target in targets.items():
        if target["type"] == "test":
            continue
        # Nothing needs a program, and programs alone need commands.
        bad = graph[name] & (programs if name in commands else commands)
        faults += [f"Package.swift: {name} → {module} is no arrow of this house" for module in sorted(bad)]
    print("\n".join(faults) or f"imports of {len(targets)} targets: as declared")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
