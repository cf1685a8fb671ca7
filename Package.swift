// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "swift-federated",
    products: [
        .executable(name: "federated", targets: ["federated"]),
        .library(name: "Tensors", targets: ["Tensors"]),
        .library(name: "NeuralNetworks", targets: ["NeuralNetworks"]),
        .library(name: "Datasets", targets: ["Datasets"]),
        .library(name: "Federation", targets: ["Federation"]),
        .library(name: "FederationWire", targets: ["FederationWire"]),
        .library(name: "FederationClient", targets: ["FederationClient"]),
        .library(name: "LocalTraining", targets: ["LocalTraining"]),
    ],
    traits: [
        .trait(name: "MPI", description: "federated run under mpirun, over Open MPI")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Traits of dependencies are named, or none: of several, SwiftPM hands the compiler a define each in
        // an order that changes from one invocation to the next, and builds the package anew for it.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: ["FullFoundation"]),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .target(name: "CKernels"),
        .target(name: "Platform", swiftSettings: strict),
        .target(
            name: "Tensors", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: strict),
        .target(
            name: "NeuralNetworks", dependencies: ["Platform", "Tensors", "CKernels"],
            swiftSettings: strict),
        .target(
            name: "Datasets",
            dependencies: [
                "Platform", "Tensors", "CKernels", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(name: "Federation", dependencies: ["Platform", "Tensors"], swiftSettings: strict),
        .target(
            name: "LocalTraining", dependencies: ["Federation", "NeuralNetworks", "Datasets"],
            swiftSettings: strict),
        .systemLibrary(
            name: "COpenMPI", pkgConfig: "ompi", providers: [.apt(["libopenmpi-dev"])]),
        .target(
            name: "DistributedTraining",
            dependencies: [
                "LocalTraining", .target(name: "COpenMPI", condition: .when(traits: ["MPI"])),
            ],
            swiftSettings: strict),
        .target(
            name: "FederationWire",
            dependencies: [
                "Federation", "CXXHash", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "FederationStore",
            dependencies: [
                "Platform", "Federation", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "FederationServer",
            dependencies: [
                "Federation", "FederationWire", "FederationStore",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Page/page.html")], swiftSettings: strict),
        .target(
            name: "HTTPCalls",
            dependencies: [
                "Tensors",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "FederationClient",
            dependencies: [
                "Federation", "FederationWire", "HTTPCalls",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "FlowerNode",
            dependencies: [
                "Tensors", "HTTPCalls",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            exclude: ["Protos"], swiftSettings: strict),
        .executableTarget(
            name: "federated",
            dependencies: [
                "Platform", "LocalTraining", "DistributedTraining", "FederationStore",
                "FederationServer", "FederationClient", "FlowerNode",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "PlatformTests", dependencies: ["Platform"], swiftSettings: strict),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: strict),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .target(
            name: "TestCertificate", path: "Tests/TestCertificate", swiftSettings: strict),
        .target(
            name: "PinnedModels",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/PinnedModels", exclude: ["pinned-models.txt"], swiftSettings: strict),
        .testTarget(
            name: "NeuralNetworksTests", dependencies: ["NeuralNetworks", "CAllocationCounter"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(name: "DatasetsTests", dependencies: ["Datasets"], swiftSettings: strict),
        .testTarget(
            name: "FederationTests", dependencies: ["Platform", "Federation"],
            swiftSettings: strict),
        .testTarget(
            name: "FederationWireTests", dependencies: ["FederationWire"], swiftSettings: strict),
        .testTarget(
            name: "FederationStoreTests", dependencies: ["Platform", "FederationStore"],
            swiftSettings: strict),
        .testTarget(
            name: "FederationServerTests",
            dependencies: [
                "FederationServer", "TestCertificate",
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HTTPCallsTests",
            dependencies: [
                "HTTPCalls", .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FederationClientTests",
            dependencies: ["FederationClient", "FederationServer"], swiftSettings: strict),
        .testTarget(
            name: "FlowerNodeTests",
            dependencies: [
                "FlowerNode", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "LocalTrainingTests", dependencies: ["LocalTraining"], swiftSettings: strict),
        .testTarget(
            name: "DistributedTrainingTests",
            dependencies: ["DistributedTraining", "PinnedModels"], swiftSettings: strict),
        .testTarget(
            name: "federatedTests",
            dependencies: ["federated", "TestCertificate", "PinnedModels"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)

// What `make fuzz` builds, with the sanitizers that it names; nothing else needs them.
if Context.environment["FEDERATED_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Datasets", "Federation", "FederationWire", "NeuralNetworks"],
            path: "Tests/Fuzz", swiftSettings: strict))
}
