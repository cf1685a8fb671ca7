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
        .library(name: "LocalTraining", targets: ["LocalTraining"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CKernels"),
        .target(
            name: "Tensors", dependencies: ["COpenBLAS", "CKernels"], swiftSettings: strict),
        .target(
            name: "NeuralNetworks", dependencies: ["Tensors", "CKernels"], swiftSettings: strict),
        .target(
            name: "Datasets",
            dependencies: [
                "Tensors", "CKernels", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(name: "Federation", dependencies: ["Tensors"], swiftSettings: strict),
        .target(
            name: "LocalTraining", dependencies: ["Federation", "NeuralNetworks", "Datasets"],
            swiftSettings: strict),
        .executableTarget(
            name: "federated",
            dependencies: [
                "LocalTraining", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: strict),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(
            name: "NeuralNetworksTests", dependencies: ["NeuralNetworks", "CAllocationCounter"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(name: "DatasetsTests", dependencies: ["Datasets"], swiftSettings: strict),
        .testTarget(name: "FederationTests", dependencies: ["Federation"], swiftSettings: strict),
        .testTarget(
            name: "LocalTrainingTests", dependencies: ["LocalTraining"], swiftSettings: strict),
        .testTarget(
            name: "federatedTests", dependencies: ["federated"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
