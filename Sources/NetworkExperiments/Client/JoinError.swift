import Experiments
import Platform

/// Why a client cannot take part in a server's run; one sentence.
public enum JoinError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Images of another shape than the server's.
    case images(found: [Int], server: [Int])
    /// A setting that clients heed and that this version does not know.
    case setting(String)
    /// Settings that no run can have.
    case settings(SettingsError)
    /// A model that does not fit the images and classes; what it takes in words, and how many it tells apart.
    case unfit(model: String, input: String, classCount: Int, images: [Int], classes: Int)
    /// Parts of a strategy that contradict each other; a sentence.
    case strategy(String)
    /// A transform of updates that this version does not know.
    case transform(String)
    /// A model that cannot be one, or is not the one that the server says it is; a clause of why.
    case model(String, reason: String)
    /// A client that the run has not.
    case client(Int, clients: Int)
    /// Data that hold other images than the server's.
    case otherData(origin: String, server: String)
    /// A partition that divides the images otherwise than the server's; its text.
    case otherDivision(String)
    /// No place to keep what updates leave for the next round.
    case noStateFolder
    /// A folder in which no state can be kept.
    case stateFolder(String, reason: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .images(let found, let server):
            "this client's images are \(Self.text(found)): the server's are \(Self.text(server))"
        case .setting(let name):
            "the server's clients heed the setting “\(name)”, which this version does not know: "
                + "update it"
        case .settings(let error): "the server's run is none for this version: \(error)"
        case .unfit(let model, let input, let count, let images, let classes):
            "the server's model \(model) takes \(input) and tells \(count) classes apart: this "
                + "client's images are \(Self.text(images)) of \(classes) classes"
        case .strategy(let problem): problem
        case .transform(let description):
            "the server's clients apply “\(description)” to their updates, which this version does "
                + "not know: update it"
        case .model(let name, let reason): "the server's model \(name) \(reason)"
        case .client(let id, let count):
            "the run has \(Text.clients(count)): there is no client \(id)"
        case .otherData(let origin, let server):
            "\(origin) holds other images than the server's \(server): name the server's data with "
                + "--dataset or --data-dir, or say with --own-data that this client trains on its own"
        case .otherDivision(let partition):
            "the partition \(partition) divides the images otherwise here than on the server: bring "
                + "its file here, or say with --own-data that this client's part is its own"
        case .noStateFolder:
            "there is no place to keep what updates leave for the next round: set HOME or "
                + "XDG_STATE_HOME, or name a folder with --state-dir"
        case .stateFolder(let folder, let reason): "--state-dir \(folder): \(reason)"
        }
    }

    private static func text(_ shape: [Int]) -> String {
        shape.map(String.init).joined(separator: "×")
    }
}
