// swift-tools-version: 6.2
import PackageDescription

// A package as somebody else would write it: it depends on this checkout as on any other package, and so
// sees public names alone. Each folder under Sources is a program of one file.
func program(_ name: String, _ products: String...) -> Target {
    .executableTarget(
        name: name,
        dependencies: products.map { .product(name: $0, package: "swift-federated") },
        swiftSettings: [.treatAllWarnings(as: .error)])
}

let package = Package(
    name: "outside",
    dependencies: [.package(name: "swift-federated", path: "../..")],
    targets: [
        program("FirstExperiment", "SwiftFederated"),
        program("OwnStrategy", "SwiftFederated"),
        program("ReadyParts", "SwiftFederated"),
        program("OwnPartition", "SwiftFederated"),
        program("OwnData", "SwiftFederated"),
        program("OwnModel", "SwiftFederated"),
        program("SeedSweep", "SwiftFederated"),
        program("KeptRun", "SwiftFederated"),
        program("Foundations", "Federation", "JSON", "Parameters", "Platform", "Tensors"),
    ],
    swiftLanguageModes: [.v6]
)
