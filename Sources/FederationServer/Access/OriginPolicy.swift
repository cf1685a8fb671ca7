import FederationWire
import HTTPTypes
import Platform

/// Tells a browser that another site's page makes ask from everybody else who asks.
///
/// A page of any site can make the browser of whoever looks at it send requests to this machine, and
/// with a name of its own that it points to 127.0.0.1 (DNS rebinding) it can read the answers, too. The
/// browser says in each request which name it used (`Host`) and, where a page of another site is behind
/// it, that one is (`Origin`, `Referer`, `Sec-Fetch-Site`). Programs that are no browsers send none of the
/// latter, and pass.
package struct OriginPolicy: Sendable {
    private let scheme: String
    /// Hosts by which the server may be addressed, beside loopback's where `takesLoopback`; nil for any.
    private let hosts: Set<String>?
    private let takesLoopback: Bool

    /// - Parameters:
    ///   - allowedHosts: names that the operator has given. On loopback, these, the one that the server
    ///     listens on and loopback's own are all that count. Elsewhere any name counts unless some are
    ///     given: a server cannot know all the names that lead to it, and there tokens keep strangers off.
    package init(exposure: Exposure, allowedHosts: [String]) {
        scheme = exposure.hasTLS ? "https" : "http"
        takesLoopback = exposure.isLoopback
        var hosts = Set(allowedHosts.compactMap { HostAuthority(host: $0)?.host })
        if takesLoopback || !hosts.isEmpty {
            if let own = HostAuthority(host: exposure.host), !own.isWildcard {
                hosts.insert(own.host)
            }
            self.hosts = hosts
        } else {
            self.hosts = nil
        }
    }

    /// Refuses a request that a page of another site is behind.
    /// - Parameter changesRun: whether the request could change something.
    /// - Throws: `APIError` with the code `wrong_host` or `foreign_origin`.
    package func check(_ request: HTTPRequest, changesRun: Bool) throws(APIError) {
        let own = try checkHost(request.authority ?? "")
        guard changesRun else { return }
        let fields = request.headerFields
        if let name = Self.secFetchSite, let site = fields[name]?.lowercased(),
            site != "same-origin", site != "none"
        {
            throw Self.foreign("Sec-Fetch-Site", site)
        }
        for (name, value) in [("Origin", fields[.origin]), ("Referer", fields[.referer])] {
            if let value, !isOwn(value, own) { throw Self.foreign(name, value) }
        }
    }

    private func checkHost(_ text: String) throws(APIError) -> HostAuthority? {
        let named = HostAuthority(text)
        guard let hosts else { return named }
        if let named, hosts.contains(named.host) || takesLoopback && named.isLoopback {
            return named
        }
        throw APIError(
            .wrongHost,
            """
            this server is not “\(text.printable(limit: 60))”: \
            serve --allow-host says by which other names it may be addressed
            """, got: .string(text.printable(limit: 60)))
    }

    /// Whether a URL begins with this server's scheme, host and port, as the request names them.
    private func isOwn(_ url: String, _ own: HostAuthority?) -> Bool {
        let prefix = scheme + "://"
        guard let own, url.lowercased().hasPrefix(prefix) else { return false }
        let authority = url.dropFirst(prefix.count).prefix { !"/?#".contains($0) }
        guard let other = HostAuthority(authority) else { return false }
        let usual = scheme == "https" ? 443 : 80
        return other.host == own.host && other.port ?? usual == own.port ?? usual
    }

    /// Whose page is behind the request: "same-origin", "same-site", "cross-site" or "none".
    private static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")

    private static func foreign(_ name: String, _ value: String) -> APIError {
        let shown = value.printable(limit: 60)
        return APIError(
            .foreignOrigin,
            "a page of another site (\(name): \(shown)) must not change this run",
            got: .string(shown))
    }
}
