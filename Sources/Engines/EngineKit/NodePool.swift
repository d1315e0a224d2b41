// SPDX-License-Identifier: Apache-2.0

/// Something that is a member of one list of a ``NodePool``.
public protocol PoolNode: BitwiseCopyable {
    /// The index of the next, or ``endOfList``.
    var next: UInt32 { get set }
}

/// What the last node of a list names as its next.
public let endOfList = UInt32.max

/// The nodes of many short lists in one piece of memory; those that are free are a list too.
///
/// A list is the index of its first node, which its owner keeps.
public struct NodePool<Node: PoolNode> {
    @usableFromInline var nodes: ContiguousArray<Node> = []
    @usableFromInline var free = endOfList
    /// How many nodes are in lists.
    @inlinable public var count: Int { used }
    @usableFromInline var used = 0

    public init() {}

    @inlinable
    public subscript(index: UInt32) -> Node {
        get { nodes[Int(index)] }
        _modify { yield &nodes[Int(index)] }
    }

    /// Puts `node` in front of the list.
    @inlinable
    public mutating func insert(_ node: Node, into list: inout UInt32) {
        var node = node
        node.next = list
        used += 1
        guard free != endOfList else {
            list = UInt32(nodes.count)
            nodes.append(node)
            return
        }
        list = free
        free = nodes[Int(list)].next
        nodes[Int(list)] = node
    }

    /// Finds the first node for which `fits` holds, and moves it to the front: what was used will be used again. With
    /// many nodes, those in use are found in a few steps.
    @inlinable
    @inline(__always)
    public mutating func find(_ list: inout UInt32, where fits: (Node) -> Bool) -> UInt32? {
        var (previous, index) = (endOfList, list)
        while index != endOfList {
            let next = nodes[Int(index)].next
            if fits(nodes[Int(index)]) {
                if previous != endOfList {
                    nodes[Int(previous)].next = next
                    nodes[Int(index)].next = list
                    list = index
                }
                return index
            }
            (previous, index) = (index, next)
        }
        return nil
    }

    /// Frees all nodes of the list.
    @inlinable
    public mutating func removeAll(_ list: inout UInt32) {
        while list != endOfList { removeFirst(&list) }
    }

    /// Frees the nodes of the list for which `isOver` holds, and returns how many.
    @inlinable
    public mutating func removeAll(_ list: inout UInt32, where isOver: (Node) -> Bool) -> Int {
        var removed = 0
        while list != endOfList, isOver(nodes[Int(list)]) {
            removeFirst(&list)
            removed += 1
        }
        var index = list
        while index != endOfList {
            var next = nodes[Int(index)].next
            guard next != endOfList, isOver(nodes[Int(next)]) else {
                index = next
                continue
            }
            removeFirst(&next)
            nodes[Int(index)].next = next
            removed += 1
        }
        return removed
    }

    @inlinable
    mutating func removeFirst(_ list: inout UInt32) {
        let next = nodes[Int(list)].next
        nodes[Int(list)].next = free
        free = list
        list = next
        used -= 1
    }
}
