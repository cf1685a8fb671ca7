import NeuralNetworks
import Platform

/// Why a trained model cannot be used; one sentence that names it.
public enum ModelUseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is not there, or cannot be read; a clause.
    case unreadable(String, String)
    /// A file that is none of safetensors.
    case file(String, SafeTensorsError)
    /// What a file says of its scaling is none.
    case scaling(String, String)
    /// Nobody says which layers the tensors belong to.
    case noArchitecture(String)
    /// Layers, for which the file has not all tensors.
    case otherTensors(String, model: String, missing: [String], reshaped: [String])
    /// The run's data are others than it was trained and tested on.
    case otherData(String, origin: String)
    /// Nobody says of which shape a sample is.
    case noShape(String)
    /// Means and deviations for another number of channels or numbers.
    case scalingCount(String, found: Int, expected: Int)
    /// A scaling is wanted whose means nobody knows.
    case unknownScaling(String)

    /// The sentence.
    public var description: String {
        switch self {
        case .unreadable(let path, let why): "\(path.printable) cannot be read: \(why)"
        case .file(let path, let error): "\(path.printable): \(error)"
        case .scaling(let path, let text):
            "\(path.printable) says of its input's scaling “\(text.printable(limit: 60))”: unit, or mean "
                + "and deviation as JSON, was expected"
        case .noArchitecture(let path):
            "\(path.printable) does not say which layers its tensors belong to: say it with --model, a name "
                + "or an architecture's file"
        case .otherTensors(let path, let model, let missing, let reshaped):
            "\(path.printable) is no model \(model.printable(limit: 60)): "
                + [
                    missing.isEmpty ? nil : "it has no \(InitialModel.list(missing))",
                    reshaped.isEmpty ? nil : InitialModel.list(reshaped),
                ].compactMap(\.self).joined(separator: ", and ")
        case .otherData(let name, let origin):
            "\(origin.printable) is not what \(name.printable) was trained and tested on: name its data, or "
                + "any, with --dataset"
        case .noShape(let name):
            "\(name.printable) does not say of which shape a sample is: evaluate needs its data, and "
                + "predict a file that says it, as federated export writes"
        case .scalingCount(let path, let found, let expected):
            "\(path.printable) has means and deviations of \(found), but the model takes "
                + "\(Text.plural(expected, "channel"))"
        case .unknownScaling(let path):
            "\(path.printable) does not say by which means and deviations its input was scaled: "
                + "--scaling standard takes them from the model's file, and it has none"
        }
    }
}
