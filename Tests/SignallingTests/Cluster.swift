// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Signalling
import SocketIOCluster
import TestKit

/// Some nodes around a Redis that can lose messages and be away, on a clock that is moved by hand.
struct Cluster {
    typealias Answer = @Sendable (_ node: Int, _ message: ClusterMessage) -> [ClusterMessage]

    var nodes: [ClusterNode]
    private(set) var now = Instant.origin
    /// What each node was given to do, oldest first.
    var delivered: [[ClusterEnvelope]]
    var completed: [[ClusterNode.Ticket: ClusterResult]]
    private(set) var refusals = 0
    /// Nodes that get nothing, as if their connection hung.
    var deaf: Set<Int> = []
    /// Whether this message from one node to another gets lost.
    var loses: (_ from: Int, _ to: Int, _ publication: ClusterPublication) -> Bool = { _, _, _ in false }
    /// How many nodes Redis says there are; `nil` when it cannot be asked.
    var counts: (_ cluster: Int) -> Int? = { $0 }
    /// What a node answers to what it is given.
    var answer: Answer = { _, _ in [] }

    init(_ count: Int, sharded: Bool) {
        nodes = (0..<count).map { index in
            let node = Self.id(index)
            let format: any ClusterFormat =
                sharded ? ShardedRedisFormat(node: node) : ClassicRedisFormat(node: node)
            return ClusterNode(format, random: SeededRandomSource(seed: UInt64(index)))
        }
        delivered = Array(repeating: [], count: count)
        completed = Array(repeating: [:], count: count)
    }

    static func id(_ index: Int) -> ClusterNodeID { ClusterNodeID(rawValue: "node\(index)") }

    mutating func handle(_ input: ClusterNode.Input, by index: Int) {
        nodes[index].handle(input, at: now)
        settle()
    }

    mutating func connectAll() {
        for index in nodes.indices { handle(.connected, by: index) }
    }

    /// Lets time pass, each deadline at its own moment.
    mutating func pass(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let next = nodes.compactMap(\.deadline).min(), next <= end {
            now = max(now, next)
            for index in nodes.indices { nodes[index].expire(at: now) }
            settle()
        }
        now = end
    }

    /// Carries everything to where it goes, until nobody has anything to say.
    private mutating func settle() {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for index in nodes.indices {
                while let output = nodes[index].poll() {
                    isQuiet = false
                    carry(output, from: index)
                }
            }
        }
    }

    private mutating func carry(_ output: ClusterNode.Output, from index: Int) {
        switch output {
        case .publish(let publication):
            for other in nodes.indices where !deaf.contains(other) && !loses(index, other, publication) {
                nodes[other].handle(.received(publication), at: now)
            }
        case .count(_, let ticket): nodes[index].handle(.counted(counts(nodes.count), for: ticket), at: now)
        case .deliver(let envelope):
            delivered[index].append(envelope)
            for message in answer(index, envelope.message) {
                nodes[index].handle(.answer(message, to: envelope.sender), at: now)
            }
        case .completed(let ticket, let result):
            precondition(completed[index].updateValue(result, forKey: ticket) == nil, "completed twice")
        case .refused: refusals += 1
        }
    }
}
