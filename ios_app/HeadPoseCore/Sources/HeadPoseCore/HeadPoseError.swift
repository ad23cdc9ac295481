import Foundation

/// What a person can be told: one sentence that says what is wrong, where, and what to do.
public struct HeadPoseError: LocalizedError, Sendable, Equatable {
    /// The sentence.
    public let message: String

    /// An error with this sentence.
    public init(_ message: String) {
        self.message = message
    }

    /// The sentence, for `localizedDescription`.
    public var errorDescription: String? { message }
}
