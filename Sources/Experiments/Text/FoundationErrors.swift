import Foundation
import Platform

/// What an error of Foundation's says in the system's words; nil for errors that are not its own.
///
/// Printed as they are, they show their class, a code and a dictionary.
package func systemWords(for error: any Error) -> String? {
    // Every error can be seen as an NSError here, and one of any domain as a CocoaError: only those that
    // are an NSError themselves are asked for their domain.
    if type(of: error) is NSError.Type { return words(for: error as NSError) }
    switch error {
    case let error as POSIXError: return systemReason(error.code.rawValue)
    case let error as CocoaError:
        let file = error.userInfo[NSFilePathErrorKey] as? String ?? error.url?.path
        return describe(file, cause(of: error.userInfo) ?? words(for: error.code))
    case let error as URLError: return "error \(error.code.rawValue) of a connection"
    default: return nil
    }
}

private func words(for error: NSError) -> String {
    let file = error.userInfo[NSFilePathErrorKey] as? String
    if let cause = cause(of: error.userInfo) { return describe(file, cause) }
    switch error.domain {
    case NSPOSIXErrorDomain: return describe(file, systemReason(Int32(error.code)))
    case NSCocoaErrorDomain:
        return describe(file, words(for: CocoaError.Code(rawValue: error.code)))
    default: return describe(file, "error \(error.code) of \(error.domain)")
    }
}

/// The system's words for what lies under an error.
private func cause(of information: [String: Any]) -> String? {
    (information[NSUnderlyingErrorKey] as? any Error).flatMap { systemWords(for: $0) }
}

private func describe(_ file: String?, _ reason: String) -> String {
    file.map { "\($0): \(reason)" } ?? reason
}

private func words(for code: CocoaError.Code) -> String {
    switch code {
    case .fileNoSuchFile, .fileReadNoSuchFile: systemReason(ENOENT)
    case .fileWriteOutOfSpace: systemReason(ENOSPC)
    case .fileWriteVolumeReadOnly: systemReason(EROFS)
    case .fileReadNoPermission, .fileWriteNoPermission: systemReason(EACCES)
    case .fileWriteFileExists: systemReason(EEXIST)
    default: "error \(code.rawValue) of a file"
    }
}

/// A sentence for any error, none of Foundation's own among them.
package func sentence(for error: any Error) -> String {
    systemWords(for: error) ?? "\(error)"
}
