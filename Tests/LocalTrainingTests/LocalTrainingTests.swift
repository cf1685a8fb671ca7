import Testing

@testable import LocalTraining
