// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import PasswordHashes
internal import Synchronization
internal import TLS

/// Makes and checks hashes of passwords, one at a time, on a thread of its own: each takes tens of
/// milliseconds, which no event loop has.
final class PasswordWorker: Sendable {
    /// Passwords that may wait: some two seconds of work.
    static let capacity = 64

    let cost: Argon2id.Cost
    /// Of a password nobody has, for accounts nobody has.
    private let decoy: String
    private let queue = DispatchQueue(label: "parley-passwords")
    private let waiting = Mutex(0)

    init(cost: Argon2id.Cost = .standard) {
        self.cost = cost
        var random = SystemRandomSource()
        decoy = Argon2id.hash("", salt: random.nextBytes(Argon2id.saltByteCount), cost: cost) ?? ""
    }

    /// Reports the hash of `password` with a fresh salt; `nil` when it could not be made.
    /// - Returns: false, and reports nothing, when too many wait.
    func hash(_ password: String, _ done: @escaping @Sendable (String?) -> Void) -> Bool {
        perform { [cost] in
            var random = SystemRandomSource()
            done(Argon2id.hash(password, salt: random.nextBytes(Argon2id.saltByteCount), cost: cost))
        }
    }

    /// Reports whether `hash` is of `password`; for no hash, that it is not, after as long.
    /// - Returns: false, and reports nothing, when too many wait.
    func check(
        _ password: String, against hash: String?, _ done: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        perform { [decoy] in
            let matches = Argon2id.matches(password, hash ?? decoy)
            done(matches && hash != nil)
        }
    }

    private func perform(_ work: @escaping @Sendable () -> Void) -> Bool {
        let hasRoom = waiting.withLock { count in
            guard count < Self.capacity else { return false }
            count += 1
            return true
        }
        guard hasRoom else { return false }
        queue.async {
            work()
            self.waiting.withLock { $0 -= 1 }
        }
        return true
    }
}
