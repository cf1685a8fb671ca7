import JSON

/// A small network as a file has it, for 28×28×1 and ten classes.
package enum OwnModel {
    /// The file's text.
    package static let text = """
        {"input": [28, 28, 1],
         "layers": [{"layer": "convolution", "filters": 2, "kernel": 5, "strides": 4, "activation": "relu"},
                    {"layer": "flatten"}, {"layer": "dropout", "rate": 0.1}, {"layer": "dense", "units": 10}]}

        """

    /// As a run of such a file has it, all sizes said.
    package static let json: JSONValue = [
        "name": "own.json", "input": [28, 28, 1],
        "layers": [
            [
                "layer": "convolution", "filters": 2, "kernel": [5, 5], "strides": [4, 4],
                "padding": "valid", "activation": "relu", "initializer": "glorot-uniform",
            ],
            ["layer": "flatten"], ["layer": "dropout", "rate": 0.1],
            [
                "layer": "dense", "units": 10, "activation": "identity",
                "initializer": "glorot-uniform",
            ],
        ],
    ]
}
