import JSON

extension RunState {
    /// What those who look on may do to a run.
    public struct Steering: Hashable, Sendable {
        /// What makes sense now.
        public var actions: [RunAction.Kind]
        /// Whether a token is asked for.
        public var needsToken: Bool
        /// Why nothing may be done, as a sentence.
        public var why: String?

        /// What may be done.
        public init(actions: [RunAction.Kind] = [], needsToken: Bool = true, why: String? = nil) {
            self.actions = actions
            self.needsToken = needsToken
            self.why = why
        }

        package var json: JSONValue {
            var members: [String: JSONValue] = [
                "actions": .array(actions.map { .string($0.rawValue) }),
                "needsToken": .bool(needsToken),
            ]
            members["why"] = why.map(JSONValue.string)
            return .object(members)
        }
    }
}
