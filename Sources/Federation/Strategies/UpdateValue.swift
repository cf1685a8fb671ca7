import Parameters

/// What a client's update, or the mean of a round's, says of the model.
public enum UpdateValue: Sendable, Equatable {
    /// The model itself, y.
    case model(ParameterVector)
    /// How far it moved from the round's global model, y − x.
    case change(ParameterVector)

    /// The numbers, whatever they are of.
    public var vector: ParameterVector {
        switch self {
        case .model(let vector), .change(let vector): vector
        }
    }

    /// Whether it is a change.
    public var isChange: Bool {
        if case .change = self { true } else { false }
    }

    /// y − x, each rounded once to Float.
    /// - Parameter model: x.
    public func change(from model: ParameterVector) -> ParameterVector {
        switch self {
        case .change(let change): change
        case .model(let moved):
            ParameterVector.map(moved, model) { Float(Double($0) - Double($1)) }
        }
    }

    /// y: the model, or x + (y − x), each rounded once to Float.
    /// - Parameter model: x.
    public func model(after model: ParameterVector) -> ParameterVector {
        switch self {
        case .model(let moved): moved
        case .change(let change):
            ParameterVector.map(model, change) { Float(Double($0) + Double($1)) }
        }
    }

    /// body(x, y − x) for each parameter, with a change that is not rounded before.
    /// - Parameter model: x.
    public func map(
        with model: ParameterVector, _ body: (_ x: Float, _ change: Double) -> Float
    ) -> ParameterVector {
        switch self {
        case .model(let moved):
            ParameterVector.map(model, moved) { body($0, Double($1) - Double($0)) }
        case .change(let change): ParameterVector.map(model, change) { body($0, Double($1)) }
        }
    }

    /// body(a, x, y − x) for each parameter, with a change that is not rounded before.
    /// - Parameters:
    ///   - other: a.
    ///   - model: x.
    public func map(
        with other: ParameterVector, _ model: ParameterVector,
        _ body: (_ a: Float, _ x: Float, _ change: Double) -> Float
    ) -> ParameterVector {
        switch self {
        case .model(let moved):
            ParameterVector.map(other, model, moved) { body($0, $1, Double($2) - Double($1)) }
        case .change(let change):
            ParameterVector.map(other, model, change) { body($0, $1, Double($2)) }
        }
    }
}
