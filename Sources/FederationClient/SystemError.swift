import Foundation

/// What the system says of an error number.
func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number)).lowercased()
}
