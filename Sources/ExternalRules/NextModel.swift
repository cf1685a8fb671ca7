import Foundation
import NeuralNetworks
import Parameters
import Platform

/// What a program made of a round.
struct NextModel {
    /// The next global model.
    var model: ParameterVector
    /// What it keeps, by its names.
    var vectors: [String: ParameterVector] = [:]
    /// What the round's record says of it, by name.
    var metrics: [String: Double] = [:]

    /// Reads a safetensors file with `model` [P], and `state.NAME` [P] of what is to be kept.
    /// - Parameter count: P.
    /// - Throws: `RuleProgramError`.
    init(
        path: String, count: Int, by program: String, _ moment: RuleMoment
    ) throws(RuleProgramError) {
        let data: Data
        do throws(FileError) {
            data = Data(try InputFile.read(path))
        } catch {
            throw .noModel(program, moment, reason: "\(error)")
        }
        let shapes = try Self.reading(program, moment) { () throws(SafeTensorsError) in
            try SafeTensors.shapes(of: data)
        }
        let prefix = RoundOfUpdates.statePrefix
        let kept = shapes.keys.filter { $0.hasPrefix(prefix) && $0 != prefix }.sorted()
        if let stranger = shapes.keys.sorted().first(where: {
            $0 != "model" && !kept.contains($0)
        }) {
            throw .answer(
                program, moment, found: stranger.printable(limit: 80),
                expected: "the tensors “model” and “\(prefix)NAME” in the file of the next model")
        }
        func read(_ name: String) throws(RuleProgramError) -> ParameterVector {
            if let found = shapes[name], found != [count] {
                throw .wrongSize(
                    program, moment, tensor: name.printable(limit: 80), found: found,
                    expected: count)
            }
            return try Self.reading(program, moment) { () throws(SafeTensorsError) in
                try SafeTensors.decode(
                    data, layout: ParameterLayout([(name: name, shape: [count])]))
            }
        }
        model = try read("model")
        for name in kept { vectors[String(name.dropFirst(prefix.count))] = try read(name) }
    }

    private static func reading<Value>(
        _ program: String, _ moment: RuleMoment,
        _ body: () throws(SafeTensorsError) -> Value
    ) throws(RuleProgramError) -> Value {
        do throws(SafeTensorsError) {
            return try body()
        } catch {
            throw .noModel(program, moment, reason: "\(error)")
        }
    }
}
