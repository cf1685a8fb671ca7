/// The version of this package, which logs, stores and servers tell.
public enum LibraryVersion {
    /// As in CHANGELOG.md: major, minor, patch.
    public static let text = "0.1.0"
}
