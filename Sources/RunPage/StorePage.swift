import CRunPage

/// The page that lists a store's runs: one HTML file with nothing from elsewhere.
///
/// Served at `/`, it asks for `/runs`, follows `/events`, and compares runs by `/runs/ID/state`.
public enum StorePage {
    /// The page as it is served.
    public static let bytes = Array(
        UnsafeBufferPointer(start: crp_store_page(), count: crp_store_page_size()))

    package static let text = String(decoding: bytes, as: UTF8.self)

    /// The directives of its policy but for whom it may talk to: it may run its own script and style,
    /// known by their digests.
    package static let ownParts = PagePolicy.ownParts(of: text)
}
