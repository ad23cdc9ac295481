import Foundation

/// Listens to notifications for as long as it lives, and calls back on the main actor.
final class NoticeBoard: @unchecked Sendable {
    private let lock = NSLock()
    private var tokens: [any NSObjectProtocol] = []

    /// Calls `body` with the notification's numbers by name.
    func listen(
        to name: Notification.Name, _ body: @escaping @MainActor @Sendable ([String: Int]) -> Void
    ) {
        let token = NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { notice in
            var numbers: [String: Int] = [:]
            for (key, value) in notice.userInfo ?? [:] {
                if let key = key as? String, let number = value as? NSNumber { numbers[key] = number.intValue }
            }
            let found = numbers
            MainActor.assumeIsolated { body(found) }
        }
        lock.withLock { tokens.append(token) }
    }

    /// Stops to listen.
    func clear() {
        let old = lock.withLock {
            defer { tokens = [] }
            return tokens
        }
        old.forEach { NotificationCenter.default.removeObserver($0) }
    }

    deinit { tokens.forEach { NotificationCenter.default.removeObserver($0) } }
}
