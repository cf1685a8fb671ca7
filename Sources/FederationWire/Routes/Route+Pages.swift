extension Route {
    // What a server of pages has, that serves no clients: `federated page`, `run --page`.

    /// `GET`: the runs that there are, as JSON; with `?since=N` those that have changed since.
    public static let runs = Route(method: .get, template: "/runs", api: .observation)
    /// `GET`: the page of one of several runs.
    public static let runPage = Route(method: .get, template: "/runs/{run}", api: .observation)
    /// `GET`: its state as JSON.
    public static let runState = Route(
        method: .get, template: "/runs/{run}/state", api: .observation)
    /// `GET`: its state whenever it changes, as server-sent events.
    public static let runEvents = Route(
        method: .get, template: "/runs/{run}/events", api: .observation)
    /// `POST` of a `RunAction`: steers it, with the token that the page's address has.
    public static let runAction = Route(
        method: .post, template: "/runs/{run}/action", api: .observation)
    /// `POST` of a `RunAction`: steers the one run that a page is about.
    public static let action = Route(method: .post, template: "/action", api: .observation)

    /// The routes of a server of pages.
    /// - Parameter isList: whether it has a list of runs, and not the page of one alone.
    public static func pages(isList: Bool) -> [Route] {
        isList
            ? [page, events, runs, runPage, runState, runEvents, runAction]
            : [page, state, events, action]
    }
}
