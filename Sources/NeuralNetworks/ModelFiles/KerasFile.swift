import JSON
import Platform

/// A Keras `Sequential`, Keras 2 or 3, as its `to_json()` has it: its layers as this project writes them.
struct KerasFile {
    typealias Reason = ArchitectureFileError.Reason

    /// What its input layer, or what it was built for, says of a sample; nil where neither is there.
    private(set) var input: FeatureShape?
    /// Its layers, activations of their own included.
    private(set) var layers: [LayerReader.Place] = []
    /// What has been left out.
    private(set) var notes: [String] = []

    /// What the last layer's outputs count; nil where it is not known.
    private var units: Int?
    /// Axes that samples have by now, the batch's included; nil where the input is not known.
    private var rank: Int?
    /// Whether the input has a height and a width alone, as [28, 28], which only a layer that makes another
    /// shape of it can take.
    private var isPlane = false

    /// A softmax, which no layer here computes, until it is known whether it is the last.
    private static let softmax = "softmax"

    /// Reads the members of such a file.
    init(_ members: [String: JSONValue]) throws(Reason) {
        guard members["class_name"] == "Sequential" else {
            throw .noArchitecture(
                "it is a Keras model of class \((members["class_name"] ?? .null).brief): Sequential alone "
                    + "is read")
        }
        try add(sequential: members, place: "")
        try dropLastActivation()
        if let wrong = layers.first(where: { $0.members["layer"] == .string(Self.softmax) }) {
            throw .layer(
                wrong.place, kind: wrong.kind, "softmax is there as the last layer alone")
        }
        guard !layers.isEmpty else { throw .noArchitecture("its Sequential has no layers") }
    }

    /// What an error of the translated layers says in Keras's places and names.
    func placed(_ error: ArchitectureError) -> Reason {
        guard case .layer(let place, _, let problem) = error, let number = Int(place),
            layers.indices.contains(number - 1)
        else { return .architecture(error) }
        let layer = layers[number - 1]
        return .layer(layer.place, kind: layer.kind, "\(problem)")
    }

    // MARK: Layers

    private mutating func add(
        sequential members: [String: JSONValue], place: String
    ) throws(Reason) {
        guard case .object(let config)? = members["config"],
            case .array(let list)? = config["layers"]
        else { throw .noArchitecture("“config” has no list of layers") }
        var number = 0
        for json in list {
            guard case .object(let members) = json,
                case .string(let name)? = members["class_name"],
                case .object(let config)? = members["config"]
            else {
                throw .layer(
                    "\(place)\(number + 1)", kind: nil, "“class_name” and “config” were expected")
            }
            if name == "InputLayer" {
                try takeInput(config["batch_shape"] ?? config["batch_input_shape"])
                continue
            }
            number += 1
            if name == "Sequential" {
                try add(sequential: members, place: "\(place)\(number).")
                continue
            }
            try takeInput(config["batch_input_shape"] ?? config["batch_shape"])
            if layers.isEmpty, input == nil {
                // A model without an input layer has been built for something, or not.
                let built = members["build_config"]?.member("input_shape")
                try takeInput(built)
            }
            var layer = KerasLayer(place: "\(place)\(number)", className: name, config: config)
            try add(&layer)
            try layer.finish()
        }
    }

    /// A shape with the batch in front; what comes behind the first layer follows from it.
    private mutating func takeInput(_ json: JSONValue?) throws(Reason) {
        guard let json, json != .null, layers.isEmpty, input == nil else { return }
        // What is not known, as of words before an embedding, the data say.
        if case .array(let list) = json, list.allSatisfy({ $0 == .null }) { return }
        guard case .array(let list) = json, list.first == .null || list.count > 1,
            let sizes = JSONValue.array(Array(list.dropFirst())).sizes
        else {
            throw .noArchitecture(
                "its input shape is \(json.brief): a list of the batch and whole numbers was expected"
            )
        }
        switch sizes.count {
        case 1: input = .vector(sizes[0])
        case 2: input = .image(height: sizes[0], width: sizes[1], channels: 1)
        case 3: input = .image(height: sizes[0], width: sizes[1], channels: sizes[2])
        default:
            throw .noArchitecture(
                "its input shape is \(json.brief): a vector or an image was expected")
        }
        isPlane = sizes.count == 2
        rank = sizes.count + 1
    }

    private mutating func add(_ layer: inout KerasLayer) throws(Reason) {
        if isPlane {
            guard ["Flatten", "Reshape"].contains(layer.className) else {
                throw layer.failure("it gets a matrix: a vector or an image was expected")
            }
            isPlane = false
        }
        switch layer.className {
        case "Dense":
            let units = layer.take("units")
            if case .integer(let count) = units { self.units = count }
            let initializer = try layer.takeInitializer("kernel_initializer")
            try append(
                &layer,
                ["layer": .string(Dense.kind), "units": units, "initializer": initializer])
            rank = 2
        case "Conv2D":
            let members: [String: JSONValue] = [
                "layer": .string(Convolution2D.kind), "filters": layer.take("filters"),
                "kernel": layer.take("kernel_size"), "strides": layer.take("strides"),
                "padding": layer.take("padding"),
                "initializer": try layer.takeInitializer("kernel_initializer"),
            ]
            try append(&layer, members)
            rank = 4
        case "DepthwiseConv2D":
            let members: [String: JSONValue] = [
                "layer": .string(DepthwiseConvolution2D.kind), "kernel": layer.take("kernel_size"),
                "strides": layer.take("strides"), "padding": layer.take("padding"),
                "multiplier": layer.take("depth_multiplier"),
                "initializer": try layer.takeInitializer("depthwise_initializer"),
            ]
            try append(&layer, members)
            rank = 4
        case "MaxPooling2D", "AveragePooling2D":
            let kind =
                layer.className == "MaxPooling2D" ? MaxPooling2D.kind : AveragePooling2D.kind
            let members: [String: JSONValue] = [
                "layer": .string(kind), "window": layer.take("pool_size"),
                "strides": layer.take("strides"), "padding": layer.take("padding"),
            ]
            append(layer, members)
        case "GlobalAveragePooling2D", "GlobalAveragePooling1D":
            append(layer, ["layer": .string(GlobalAveragePooling.kind)])
            rank = 2
        case "GlobalMaxPooling2D", "GlobalMaxPooling1D":
            append(layer, ["layer": .string(GlobalMaxPooling.kind)])
            rank = 2
        case "Flatten":
            append(layer, ["layer": .string(Flatten.kind)])
            rank = 2
        case "Reshape":
            let shape = layer.take("target_shape")
            // What is left, in one line, is what flatten makes.
            if shape == [-1] {
                append(layer, ["layer": .string(Flatten.kind)])
            } else {
                append(layer, ["layer": .string(Reshape.kind), "shape": shape])
            }
            rank = shape.count + 1
        case "ZeroPadding2D":
            try addPadding(&layer)
            rank = 4
        case "Dropout":
            let rate = layer.take("rate")
            append(layer, ["layer": .string(Dropout.kind), "rate": rate])
        case "Activation":
            let members = try layer.takeActivation()
            append(layer, members ?? ["layer": .string(Self.identity)])
        case "Softmax":
            try layer.require("axis", among: [-1], "softmax over the last axis alone is there")
            append(layer, ["layer": .string(Self.softmax)])
        case "ReLU":
            try layer.require("threshold", among: [0], "a ReLU without a threshold was expected")
            try layer.require(
                "negative_slope", among: [0], "LeakyReLU was expected where it has a slope")
            append(layer, ["layer": .string(ReLU.kind)])
        case "LeakyReLU":
            let slope = layer.take("negative_slope")
            let alpha = layer.take("alpha")
            append(
                layer,
                ["layer": .string(LeakyReLU.kind), "slope": slope == .null ? alpha : slope])
        case "ELU":
            let alpha = layer.take("alpha")
            append(layer, ["layer": .string(ELU.kind), "alpha": alpha])
        case "Embedding":
            try layer.requireEmbeddings()
            let (count, size) = (layer.take("input_dim"), layer.take("output_dim"))
            append(layer, ["layer": .string(Embedding.kind), "count": count, "size": size])
            _ = layer.take("input_length")
            rank = 3
        case "BatchNormalization":
            try requireLastAxis(&layer)
            let members: [String: JSONValue] = [
                "layer": .string(BatchNormalization.kind), "momentum": layer.take("momentum"),
                "epsilon": layer.take("epsilon"),
            ]
            append(layer, members)
            _ = layer.take("renorm_momentum")
        case "LayerNormalization":
            try requireLastAxis(&layer)
            let epsilon = layer.take("epsilon")
            append(layer, ["layer": .string(LayerNormalization.kind), "epsilon": epsilon])
        case "GroupNormalization":
            try requireLastAxis(&layer)
            let members: [String: JSONValue] = [
                "layer": .string(GroupNormalization.kind), "groups": layer.take("groups"),
                "epsilon": layer.take("epsilon"),
            ]
            append(layer, members)
        default:
            throw layer.failure(
                "there is no such layer here: there are \(Self.classNames.joined(separator: ", "))")
        }
    }

    /// An activation that does nothing, which is left out.
    private static let identity = Activation.identity.rawValue

    /// The classes that are read.
    private static let classNames = [
        "InputLayer", "Dense", "Conv2D", "DepthwiseConv2D", "MaxPooling2D", "AveragePooling2D",
        "GlobalAveragePooling2D", "GlobalMaxPooling2D", "ZeroPadding2D", "Flatten", "Reshape",
        "Dropout",
        "Activation", "Softmax", "ReLU", "LeakyReLU", "ELU", "BatchNormalization",
        "LayerNormalization", "GroupNormalization", "Embedding", "Sequential",
    ]

    /// Adds a layer; what is null is left to its default.
    private mutating func append(_ layer: KerasLayer, _ members: [String: JSONValue]) {
        guard members["layer"] != .string(Self.identity) else { return }
        layers.append(
            LayerReader.Place(
                place: layer.place, kind: layer.kind, members: members.filter { $0.value != .null })
        )
    }

    /// Adds a layer and, if it is none of its own, its activation behind it.
    private mutating func append(
        _ layer: inout KerasLayer, _ members: [String: JSONValue]
    ) throws(Reason) {
        guard let activation = try layer.takeActivation() else { return append(layer, members) }
        guard activation["layer"] != .string(ReLU.kind) else {
            let relu = JSONValue.string(Activation.relu.rawValue)
            return append(layer, members.merging(["activation": relu]) { $1 })
        }
        append(layer, members)
        append(layer, activation)
    }

    private mutating func addPadding(_ layer: inout KerasLayer) throws(Reason) {
        guard case .array(let sides) = layer.take("padding"), sides.count == 2,
            case .array(let rows) = sides[0], case .array(let columns) = sides[1],
            rows.count == 2, columns.count == 2
        else { throw layer.failure("“padding” is no pair of pairs") }
        append(
            layer,
            [
                "layer": .string(ZeroPadding2D.kind), "top": rows[0], "bottom": rows[1],
                "left": columns[0], "right": columns[1],
            ])
    }

    /// Refuses statistics of any axis but the channels'.
    private func requireLastAxis(_ layer: inout KerasLayer) throws(Reason) {
        var axes: [JSONValue] = [-1, [-1]]
        if let rank { axes += [.integer(rank - 1), [.integer(rank - 1)]] }
        try layer.require("axis", among: axes, "the last axis, of channels, was expected")
    }

    // MARK: The last activation

    /// Leaves the softmax, or the sigmoid of a single output, to the loss.
    private mutating func dropLastActivation() throws(Reason) {
        guard case .string(let kind)? = layers.last?.members["layer"] else { return }
        switch kind {
        case Self.softmax:
            layers.removeLast()
            notes.append("the model's last softmax is left out: the loss has it")
        case Sigmoid.kind where units == 1:
            layers.removeLast()
            notes.append("the model's last sigmoid is left out: the loss has it")
        case Sigmoid.kind:
            notes.append(
                "the model's last sigmoid is a layer of it: sigmoid cross-entropy would have a second"
            )
        default: return
        }
    }
}

extension JSONValue {
    /// Elements of a list; 0 of anything else.
    fileprivate var count: Int { if case .array(let list) = self { list.count } else { 0 } }

    /// The member of an object; nil where there is none.
    func member(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }
}
