// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Asks every shard for a value and hands over all of them, in the order of the shards.
enum Gathering {
    private final class Box<Value: Sendable>: Sendable {
        let values: Mutex<[Value?]>
        init(count: Int) { values = Mutex([Value?](repeating: nil, count: count)) }
    }

    /// - Parameter done: Called once, on the loop of the shard that answered last.
    static func collect<Value: Sendable>(
        from shards: ShardSet, of value: @escaping @Sendable (Shard) -> Value,
        _ done: @escaping @Sendable ([Value]) -> Void
    ) {
        let box = Box<Value>(count: shards.count)
        shards.executeOnAll { shard in
            let value = value(shard)
            let all = box.values.withLock { values -> [Value]? in
                values[shard.index] = value
                let present = values.compactMap(\.self)
                return present.count == values.count ? present : nil
            }
            if let all { done(all) }
        }
    }
}
