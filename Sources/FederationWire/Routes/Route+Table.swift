extension Route {
    /// Every route that a server has.
    public static let all: [Route] = plainRoutes + binaryRoutes + observationRoutes

    // MARK: Plain

    /// `GET`: starts a run of so many clients and rounds; answers the text "Initialized server".
    ///
    /// With `?force=true` also while another is in progress, if the token may.
    public static let initialize = Route(
        method: .get, template: "/initialize/{clients}/{experiment}/{rounds}", api: .plain)
    /// `GET`: the number of committed rounds, as text.
    public static let getServerRound = Route(
        method: .get, template: "/get_server_round", api: .plain)
    /// `GET`: the global model as nested lists, one per tensor.
    public static let getServerWeight = Route(
        method: .get, template: "/get_server_weight", api: .plain)
    /// `GET`: says how many samples a client has.
    public static let updateNumData = Route(
        method: .get, template: "/update_num_data/{client}/{count}", api: .plain)
    /// `PUT`: a client's trained model, as nested lists.
    public static let putWeight = Route(
        method: .put, template: "/put_weight/{client}", api: .plain)

    static let plainRoutes = [
        initialize, getServerRound, getServerWeight, updateNumData, putWeight,
    ]

    // MARK: Binary

    /// `GET`: `RunSettings` of the run that is in progress.
    public static let run = Route(method: .get, template: "/v1/run", api: .binary)
    /// `PUT` of a `Registration`: 204. Again after a restart of either side: 204 again.
    public static let register = Route(
        method: .put, template: "/v1/runs/{run}/clients/{client}", api: .binary)
    /// `DELETE`: the client takes part no more; 204.
    public static let leave = Route(
        method: .delete, template: "/v1/runs/{run}/clients/{client}", api: .binary)
    /// `GET`: holds until there is something to do, at most `RunSettings.pollSeconds`; `NextTask`.
    public static let nextTask = Route(
        method: .get, template: "/v1/runs/{run}/clients/{client}/task", api: .binary)
    /// `POST` of a `Heartbeat`: `HeartbeatAnswer`.
    public static let heartbeat = Route(
        method: .post, template: "/v1/runs/{run}/clients/{client}/heartbeat", api: .binary)
    /// `GET`: the last committed global model as a binary body of the kind `globalModel`; its
    /// header's round is the number of committed rounds.
    ///
    /// ETag: `modelTag(run:round:)`; 304 where `If-None-Match` has it.
    public static let model = Route(
        method: .get, template: "/v1/runs/{run}/model", api: .binary)
    /// `GET`: c − c_i, by which a client corrects its steps, as a binary body of the kind `correction`;
    /// its header's round is the number of committed rounds, as the model's. 404 where the run's
    /// objective has no control variates.
    public static let correction = Route(
        method: .get, template: "/v1/runs/{run}/clients/{client}/correction", api: .binary)
    /// `PUT` of a binary body of the kind `update`: `UpdateReceipt`. The same bytes again: 200
    /// again; other bytes: 409.
    public static let update = Route(
        method: .put, template: "/v1/runs/{run}/rounds/{round}/updates/{client}", api: .binary)
    /// `PUT` of a `FailureReport` in place of an update: 204.
    public static let failure = Route(
        method: .put, template: "/v1/runs/{run}/rounds/{round}/failures/{client}", api: .binary)

    static let binaryRoutes = [
        run, register, leave, nextTask, heartbeat, model, correction, update, failure,
    ]

    // MARK: Observation

    /// `GET`: the live page.
    public static let page = Route(method: .get, template: "/", api: .observation)
    /// `GET`: the run's state as JSON.
    public static let state = Route(method: .get, template: "/state", api: .observation)
    /// `GET`: the run's state whenever it changes, as server-sent events.
    public static let events = Route(method: .get, template: "/events", api: .observation)
    /// `GET`: Prometheus's text form.
    public static let metrics = Route(method: .get, template: "/metrics", api: .observation)
    /// `GET`: 200 while the server is able to serve.
    public static let health = Route(method: .get, template: "/healthz", api: .observation)

    static let observationRoutes = [page, state, events, metrics, health]

    // MARK: Headers

    /// The media type of binary bodies.
    public static let modelMediaType = "application/octet-stream"
    /// The media type of messages, errors and nested lists.
    public static let jsonMediaType = "application/json"

    /// The ETag of the global model after `round` rounds.
    public static func modelTag(run: RunIdentifier, round: Int) -> String { "\"\(run)-\(round)\"" }
}
