/// A place for one value between a fast giver and a slow taker: a newer one replaces one that was not taken.
actor NewestValue<Value: Sendable> {
    private var value: Value?
    private var taker: CheckedContinuation<Value?, Never>?
    private var isFinished = false
    /// How many were replaced without having been taken.
    private(set) var dropped = 0

    /// Puts in a value.
    func offer(_ new: Value) {
        guard !isFinished else { return }
        if let waiting = taker {
            taker = nil
            waiting.resume(returning: new)
        } else {
            if value != nil { dropped += 1 }
            value = new
        }
    }

    /// Takes the newest value, waits for one if there is none; nil once it is finished and empty. For one taker.
    func next() async -> Value? {
        if let ready = value {
            value = nil
            return ready
        }
        if isFinished { return nil }
        return await withCheckedContinuation { taker = $0 }
    }

    /// No more values come; with `discarding` what was not taken is gone too.
    func finish(discarding: Bool = false) {
        isFinished = true
        if discarding { value = nil }
        taker?.resume(returning: nil)
        taker = nil
    }
}
