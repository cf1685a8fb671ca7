import Testing

@testable import federated
