import ArgumentParser

/// Whether and where a page shows what goes on.
package struct PageOptions: ParsableArguments {
    @Flag(help: "Show it as a live page on this machine, too.")
    package var page = false

    @OptionGroup package var place: PagePlace

    package init() {}

    package func validate() throws {
        guard !page else { return }
        for (isGiven, name) in [(place.port != nil, "--page-port"), (place.open, "--open")]
        where isGiven {
            throw ValidationError("\(name) belongs to a page: add --page")
        }
    }
}

/// Where a page is.
package struct PagePlace: ParsableArguments {
    /// Where a page is unless that is taken.
    package static let usualPort = 9104

    @Option(
        name: .customLong("page-port"),
        help: "The page's port; 0 takes a free one. (default: 9104, or a free one)")
    package var port: Int?

    @Flag(help: "Open the page in a browser.")
    package var open = false

    package init() {}

    package func validate() throws {
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--page-port must be 0 to 65535, not \(port)")
        }
    }
}
