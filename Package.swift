// swift-tools-version: 6.2
import PackageDescription

/// The package of each product that comes from elsewhere.
let packages = [
    "ArgumentParser": "swift-argument-parser", "AsyncHTTPClient": "async-http-client",
    "HTTPTypes": "swift-http-types",
    "Hummingbird": "hummingbird", "HummingbirdCore": "hummingbird",
    "HummingbirdTLS": "hummingbird", "Logging": "swift-log", "NIOCore": "swift-nio",
    "NIOHTTP1": "swift-nio", "NIOHTTPTypes": "swift-nio-extras", "NIOPosix": "swift-nio",
    "NIOSSL": "swift-nio-ssl", "ServiceLifecycle": "swift-service-lifecycle",
    "SwiftProtobuf": "swift-protobuf",
]

/// Targets of this package and products of others, by the names that they are imported by.
/// `Scripts/check/check_imports.py` holds them against the imports.
func named(_ names: [String]) -> [Target.Dependency] {
    names.map { name in
        packages[name].map { .product(name: name, package: $0) } ?? .target(name: name)
    }
}

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func library(_ name: String, _ needs: String...) -> Target {
    .target(name: name, dependencies: named(needs), swiftSettings: strict)
}

/// Tests are compiled without optimisation, in a third of the time; what they test is optimised.
let unoptimized = strict + [.unsafeFlags(["-Onone"])]

func tests(_ name: String, _ needs: String...) -> Target {
    .testTarget(name: name, dependencies: named(needs), swiftSettings: unoptimized)
}

let libraries: [Target] = [
    .systemLibrary(
        name: "COpenBLAS", pkgConfig: "openblas",
        providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
        name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CMPI"),
    .target(name: "CSpawn"),
    library("Platform", "COpenSSL"),
    library("Terminal", "Platform"),
    library("JSON"),
    library("Parameters", "CKernels", "Platform"),
    library("Tensors", "CKernels", "COpenBLAS", "Parameters"),
    library("NeuralNetworks", "CKernels", "JSON", "Parameters", "Platform", "Tensors"),
    library("Datasets", "CKernels", "CPNG", "CZlib", "JSON", "Parameters", "Platform"),
    library("Federation", "CKernels", "JSON", "Parameters", "Platform"),
    library("Robust", "Federation", "Parameters"),
    library("Privacy", "Federation", "Parameters"),
    library("Compression", "Federation", "Parameters"),
    library(
        "ExternalRules", "CSpawn", "Federation", "JSON", "NeuralNetworks", "Parameters",
        "Platform"),
    library(
        "Training", "CKernels", "Datasets", "Federation", "NeuralNetworks", "Parameters",
        "Platform"),
    library(
        "RankTraining", "CMPI", "Federation", "NeuralNetworks", "Parameters", "Platform", "Training"
    ),
    library("FederationWire", "CXXHash", "Federation", "JSON", "Parameters", "Platform"),
    library("FederationStore", "CSQLite", "Federation", "JSON", "Parameters", "Platform"),
    .target(name: "CRunPage", exclude: ["README.md", "Run", "Shared", "Store"]),
    library("RunPage", "CRunPage", "JSON", "Platform"),
    library(
        "FederationServer", "Federation", "FederationWire", "HTTPTypes", "Hummingbird",
        "HummingbirdCore", "HummingbirdTLS", "JSON", "Logging", "NIOCore", "NIOHTTP1",
        "NIOHTTPTypes", "NIOSSL", "Parameters", "Platform", "RunPage", "ServiceLifecycle"),
    library(
        "HTTPCalls", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "Platform"),
    library(
        "FederationClient", "AsyncHTTPClient", "Federation", "FederationWire", "HTTPCalls",
        "NIOCore", "NIOHTTP1", "Parameters", "Platform"),
    .target(
        name: "FlowerNode",
        dependencies: named([
            "AsyncHTTPClient", "COpenSSL", "HTTPCalls", "NIOCore", "NIOHTTP1", "Parameters",
            "Platform", "SwiftProtobuf",
        ]),
        exclude: ["Protos"], swiftSettings: strict),
    .target(
        name: "TensorBoard", dependencies: named(["Federation", "Platform", "SwiftProtobuf"]),
        exclude: ["Protos"], swiftSettings: strict),
    library(
        "Experiments", "Compression", "Datasets", "ExternalRules", "Federation",
        "FederationStore", "FederationWire", "JSON", "NeuralNetworks", "Parameters", "Platform",
        "Privacy", "RankTraining", "Robust", "Tensors", "Training"),
    library(
        "NetworkExperiments", "Compression", "Datasets", "Experiments", "Federation",
        "FederationClient", "FederationServer", "FederationStore", "FederationWire", "FlowerNode",
        "JSON", "NeuralNetworks", "Parameters", "Platform", "Privacy", "TensorBoard", "Training"),
    library(
        "SwiftFederated", "Compression", "Datasets", "Experiments", "ExternalRules", "Federation",
        "FederationStore", "NeuralNetworks", "Parameters", "Privacy", "Robust", "Training"),
]

/// Commands parse and print: without optimisation they compile in half the time. Nobody's package depends on
/// them, which SwiftPM would then refuse.
func commandLibrary(_ name: String, _ needs: String...) -> Target {
    .target(
        name: name, dependencies: named(needs),
        swiftSettings: strict + [.unsafeFlags(["-Onone"])])
}

/// `federated` builds without a network, and hands over to `federated-network` what needs one.
let commands: [Target] = [
    commandLibrary(
        "Commands", "ArgumentParser", "Datasets", "Experiments", "Federation", "FederationStore",
        "JSON", "NeuralNetworks", "Parameters", "Platform", "RunPage", "Terminal", "Training"),
    commandLibrary(
        "NetworkCommands", "ArgumentParser", "Commands", "Datasets", "Experiments", "Federation",
        "FederationClient", "FederationServer", "FederationWire", "FlowerNode",
        "NetworkExperiments", "NeuralNetworks", "Parameters", "Platform", "TensorBoard", "Terminal",
        "Training"),
    .executableTarget(
        name: "federated", dependencies: named(["Commands"]), swiftSettings: strict),
    .executableTarget(
        name: "federated-network", dependencies: named(["Commands", "NetworkCommands"]),
        swiftSettings: strict),
]

let allTests: [Target] = [
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    // What lets tests that hold their thread run beside those that wait for sockets.
    .target(name: "TestThreads", path: "Tests/TestThreads", swiftSettings: unoptimized),
    .target(name: "TestCertificate", path: "Tests/TestCertificate", swiftSettings: strict),
    .target(
        name: "PinnedModels", dependencies: named(["Platform"]), path: "Tests/PinnedModels",
        exclude: ["pinned-models.txt"], swiftSettings: strict),
    .target(
        name: "ThreadRanks", dependencies: named(["RankTraining"]), path: "Tests/ThreadRanks",
        swiftSettings: strict),
    tests("PlatformTests", "Platform", "TestThreads"),
    tests("JSONTests", "JSON", "Parameters", "TestThreads"),
    tests("ParametersTests", "CKernels", "Parameters", "Platform", "TestThreads"),
    tests("TensorsTests", "CKernels", "Parameters", "Tensors", "TestThreads"),
    .testTarget(
        name: "NeuralNetworksTests",
        dependencies: named([
            "CAllocationCounter", "CKernels", "JSON", "NeuralNetworks", "Parameters", "Tensors",
            "TestThreads",
        ]),
        resources: [.copy("Fixtures")], swiftSettings: unoptimized),
    tests("DatasetsTests", "CZlib", "Datasets", "Parameters", "TestThreads"),
    tests(
        "StrategyPartsTests", "Compression", "Federation", "Parameters", "Privacy", "Robust",
        "TestThreads"),
    tests(
        "ExternalRulesTests", "ExternalRules", "Federation", "Parameters", "TestThreads"),
    .executableTarget(
        name: "WithoutBLAS",
        dependencies: named(["Federation", "FederationClient", "FederationWire", "Parameters"]),
        path: "Tests/WithoutBLAS", swiftSettings: strict),
    tests(
        "FederationTests", "CKernels", "Federation", "JSON", "Parameters", "Platform", "TestThreads"
    ),
    tests(
        "FederationWireTests", "Federation", "FederationWire", "JSON", "Parameters", "Platform",
        "TestThreads"),
    tests(
        "FederationStoreTests", "CSQLite", "Federation", "FederationStore", "Parameters",
        "Platform", "TestThreads"),
    tests(
        "FederationServerTests", "Federation", "FederationServer", "FederationWire",
        "HTTPTypes", "JSON", "NIOCore", "NIOPosix", "NIOSSL", "Parameters", "Platform", "RunPage",
        "TestCertificate", "TestSupport"),
    tests("HTTPCallsTests", "AsyncHTTPClient", "HTTPCalls", "Platform"),
    tests(
        "FederationClientTests", "Federation", "FederationClient", "FederationServer",
        "FederationWire", "JSON", "Parameters", "Platform"),
    tests("FlowerNodeTests", "COpenSSL", "FlowerNode", "Parameters", "Platform", "SwiftProtobuf"),
    tests("TensorBoardTests", "Federation", "Platform", "SwiftProtobuf", "TensorBoard"),
    tests(
        "TrainingTests", "Datasets", "Federation", "NeuralNetworks", "Parameters", "Platform",
        "Training", "TestThreads"),
    tests(
        "RankTrainingTests", "Datasets", "Federation", "NeuralNetworks", "Parameters",
        "PinnedModels", "RankTraining", "ThreadRanks", "Training", "TestThreads"),
    .target(
        name: "TestSupport",
        dependencies: named([
            "Datasets", "Experiments", "Federation", "JSON", "Parameters",
        ]), path: "Tests/TestSupport", swiftSettings: unoptimized),
    tests(
        "ExperimentsTests", "CKernels", "Datasets", "Experiments", "Federation", "FederationStore",
        "JSON",
        "NeuralNetworks", "Tensors", "TestSupport", "TestThreads", "Training"),
    // What the command does without a network, and with one.
    tests(
        "federatedTests", "ArgumentParser", "Commands", "Datasets", "Experiments", "Federation",
        "FederationStore", "JSON", "NeuralNetworks", "PinnedModels", "Platform", "Terminal",
        "TestSupport", "Training", "WithoutBLAS", "federated", "TestThreads"),
    tests(
        "NetworkTests", "Commands", "Datasets", "Experiments", "Federation", "FederationServer",
        "FederationStore", "FederationWire", "JSON", "NetworkCommands", "NetworkExperiments",
        "NeuralNetworks", "Parameters", "PinnedModels", "Platform", "RankTraining",
        "TensorBoard", "Terminal", "TestCertificate", "TestSupport", "ThreadRanks", "Training",
        "federated", "federated-network", "TestThreads"),
]

let commandLine = Package.Dependency.package(
    url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")

let package = Package(
    name: "swift-federated",
    products: ["federated", "federated-network"].map { .executable(name: $0, targets: [$0]) }
        + libraries.filter {
            $0.type == .regular
                && !["CKernels", "CMPI", "CRunPage", "CSpawn", "Terminal"].contains($0.name)
        }
        .map { .library(name: $0.name, targets: [$0.name]) },
    dependencies: [
        commandLine,
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Traits of dependencies are named, or none: of several, SwiftPM hands the compiler a define each in
        // an order that changes from one invocation to the next, and builds the package anew for it.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: ["FullFoundation"]),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: libraries + commands + allTests,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)

// For `federated` by itself (Scripts/setup/build.sh) one package is fetched, not the 26 that the network part
// needs. What it shares with them is compiled by the same commands, so nothing is compiled again when they come.
if Context.environment["FEDERATED_ALONE"] != nil {
    let all = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var needed: Set<String> = []
    var next = ["federated"]
    while let name = next.popLast() {
        guard let target = all[name], needed.insert(name).inserted else { continue }
        for case .targetItem(name: let other, condition: _) in target.dependencies {
            next.append(other)
        }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = [.executable(name: "federated", targets: ["federated"])]
    package.dependencies = [commandLine]
}

// What `make fuzz` builds, with the sanitizers that it names; nothing else needs them.
if Context.environment["FEDERATED_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: named([
                "Datasets", "Federation", "FederationWire", "JSON", "NeuralNetworks", "Parameters",
            ]),
            path: "Tests/Fuzz", swiftSettings: strict))
}
