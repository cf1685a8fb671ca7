import Foundation
import Platform

/// What there is of MNIST in every place that is looked at: what `federated data` prints.
public struct DataInventory: Equatable, Sendable {
    /// What a file was found to be.
    public enum State: Equatable, Sendable {
        /// MNIST's, by its checksum.
        case mnist
        /// A sound IDX file of other contents, with their SHA-256.
        case other(checksum: String)
        /// Not an IDX file, or a broken one.
        case broken(DatasetError)
    }

    /// One of the four files.
    public struct File: Equatable, Sendable {
        /// What the file is for.
        public let role: IDXRole
        /// Where it is.
        public let path: String
        /// Bytes on disk; −1 where the system does not say.
        public let byteCount: Int
        /// What it was found to be.
        public let state: State
    }

    /// One folder.
    public struct Folder: Equatable, Sendable {
        /// Why it is looked at: `--data-dir`, `FEDERATED_DATA_DIR`, `cache`, `Keras` or `torchvision`.
        public let reason: String
        /// Where it is; Keras's is an archive.
        public let path: String
        /// What was found, in the order of `IDXRole`.
        public let files: [File]
        /// Why there is nothing to say of its files, where there is not.
        public let problem: DatasetError?

        /// Whether all four files are here and MNIST's.
        public var isMNIST: Bool {
            files.count == IDXRole.allCases.count && files.allSatisfy { $0.state == .mnist }
        }
    }

    /// In the order they are looked at.
    public let folders: [Folder]

    /// The first folder that holds MNIST whole.
    public var mnistFolder: String? { folders.first(where: \.isMNIST)?.path }

    /// The report, a line each.
    public var lines: [String] {
        let summary = mnistFolder.map { "MNIST: \($0)" } ?? "MNIST: not found"
        return folders.flatMap(\.lines) + [summary]
    }
}

extension DataInventory.Folder {
    fileprivate var lines: [String] {
        let title = "\(path) (\(reason))"
        if let problem { return ["\(title): \(problem)"] }
        if files.isEmpty { return ["\(title): none of MNIST's files"] }
        return ["\(title):"] + files.map { "  \($0.line)" }
    }
}

extension DataInventory.File {
    fileprivate var line: String {
        let name = URL(fileURLWithPath: path).lastPathComponent
        let verdict =
            switch state {
            case .mnist: "checksum right"
            case .other(let checksum): "not MNIST's, SHA-256 \(checksum)"
            case .broken(let error): "\(error)"
            }
        return "\(name)  \(byteCount) bytes  \(verdict)"
    }
}

extension DatasetLocator {
    /// Looks into every place, reads and checks all that is there, and touches nothing.
    public func inventory() -> DataInventory {
        DataInventory(
            folders: places.flatMap { place in
                place.folders.enumerated().compactMap { position, path in
                    // What other tools leave is listed where they have left something.
                    if position > 1 || [.keras, .torchvision].contains(place.role),
                        !FileManager.default.fileExists(atPath: path)
                    {
                        return nil
                    }
                    return place.role == .keras
                        ? lookIntoArchive(path) : look(into: path, reason: place.role.rawValue)
                }
            })
    }

    private func lookIntoArchive(_ path: String) -> DataInventory.Folder {
        var files: [DataInventory.File] = []
        do throws(DatasetError) {
            let place = try ArrayPlace(npz: path)
            for role in IDXRole.allCases {
                let name = KerasMNIST.name(role)
                let array = try place.read(name, as: .samples)
                let found = KerasMNIST.checksum(array, role)
                let expected = checksums[role] ?? MNIST.checksum(role)
                files.append(
                    DataInventory.File(
                        role: role, path: array.name,
                        byteCount: place.storedBytes(name) ?? -1,
                        state: found == expected
                            ? .mnist : .other(checksum: found ?? "of no array of bytes")))
            }
            return DataInventory.Folder(
                reason: DataPlace.Role.keras.rawValue, path: path, files: files, problem: nil)
        } catch {
            return DataInventory.Folder(
                reason: DataPlace.Role.keras.rawValue, path: path, files: files, problem: error)
        }
    }

    private func look(into directory: String, reason: String) -> DataInventory.Folder {
        do throws(DatasetError) {
            let folder = try IDXFolder(listing: directory)
            let files = IDXRole.allCases.compactMap { role in
                folder.path(role).map { look(at: $0, role: role) }
            }
            return DataInventory.Folder(
                reason: reason, path: directory, files: files, problem: nil)
        } catch {
            return DataInventory.Folder(
                reason: reason, path: directory, files: [], problem: error)
        }
    }

    private func look(at path: String, role: IDXRole) -> DataInventory.File {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let state: DataInventory.State
        do throws(DatasetError) {
            let found = sha256(try IDX.read(path, kind: role.kind).bytes)
            let expected = checksums[role] ?? MNIST.checksum(role)
            state = found == expected ? .mnist : .other(checksum: found)
        } catch {
            state = .broken(error)
        }
        return DataInventory.File(
            role: role, path: path, byteCount: (attributes?[.size] as? Int) ?? -1, state: state)
    }
}
