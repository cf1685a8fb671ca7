import ArgumentParser
import Experiments
import JSON

/// Options made from the rows of a topic: what is typed for each, by the settings' names.
///
/// The parser asks a mirror of an empty value what options there are, and hands the values over by key.
package struct SettingOptions<Listed: ListedTopic>: ParsableArguments, CustomReflectable {
    /// What was typed.
    package private(set) var given = GivenSettings()

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for setting in Self.settings {
            let key = Key(stringValue: setting.name)
            if setting.kind == .flag {
                let flag = try container.decode(Flag<Bool>.self, forKey: key)
                if flag.wrappedValue { given[setting.name] = true }
            } else if try !container.decodeNil(forKey: key) {
                given[setting.name] = try container.decode(Word.self, forKey: key).json
            }
        }
    }

    package var customMirror: Mirror {
        Mirror(self, children: Self.settings.map { ("_" + $0.name, $0.argument as Any) })
    }

    private static var settings: [Setting] { Listed.settings }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// A topic as a type, of which each group of options needs one.
package protocol ListedTopic {
    static var topic: Topic { get }
    /// Those of its rows that are options here.
    static var settings: [Setting] { get }
}

extension ListedTopic {
    /// All that can be given, but for the data and how they are read, which `DataOptions` have.
    package static var settings: [Setting] {
        topic.settings.filter {
            $0.needs.clients != .noted && $0.name != "dataset"
                && !RunSpec.readingNames.contains($0.name)
        }
    }
}

package enum Population: ListedTopic { package static var topic: Topic { .population } }
package enum Local: ListedTopic { package static var topic: Topic { .localTraining } }
package enum Algorithm: ListedTopic { package static var topic: Topic { .algorithm } }
package enum RoundsAndTests: ListedTopic { package static var topic: Topic { .roundsAndTests } }
package enum DataAndModel: ListedTopic { package static var topic: Topic { .dataAndModel } }
/// How data are read.
package enum ReadingData: ListedTopic {
    package static var topic: Topic { .dataAndModel }
    package static var settings: [Setting] {
        topic.settings.filter { RunSpec.readingNames.contains($0.name) }
    }
}
package enum Absence: ListedTopic { package static var topic: Topic { .simulatedAbsence } }
package enum ServedRounds: ListedTopic { package static var topic: Topic { .servedRounds } }

/// A word that has been read as a setting's value.
private struct Word: Decodable, Sendable {
    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    /// The parser hands the value over itself.
    init(from decoder: any Decoder) throws {
        self = try decoder.singleValueContainer().decode(Word.self)
    }
}

/// What the parser puts behind the colon of its own sentence.
private struct Expected: Error, CustomStringConvertible {
    let description: String
}

extension Setting {
    /// The option or flag that the parser is given.
    fileprivate var argument: Any {
        let names = NameSpecification(
            ([String(option.dropFirst(2))] + otherNames).map { .customLong($0) })
        guard kind != .flag else { return Flag(wrappedValue: false, name: names, help: summary) }
        var completion: CompletionKind?
        switch kind {
        case .choice(let values), .choiceOrFile(let values): completion = .list(values)
        default: break
        }
        return Option<Word?>(name: names, help: summary, completion: completion) { word in
            do throws(SettingsError) {
                return Word(try self.json(word: word))
            } catch {
                if case .model(let problem) = error {
                    throw Expected(description: problem.description)
                }
                throw Expected(description: "expected \(self.expected(insteadOf: word))")
            }
        }
    }

    /// Its line in a help.
    var summary: ArgumentHelp { ArgumentHelp("\(fullHelp)", valueName: valueName) }
}

extension ArgumentHelp {
    /// The line of a setting for an option that a command declares itself.
    static func setting(_ name: String) -> ArgumentHelp {
        RunSpec.setting(named: name)?.summary ?? ArgumentHelp(stringLiteral: name)
    }
}
