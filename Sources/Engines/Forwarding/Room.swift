// SPDX-License-Identifier: Apache-2.0

/// What is published in one meeting, and who is there.
struct Room: ~Copyable {
    var id = RoomID(index: 0, generation: 0)
    var connections: ContiguousArray<UInt32> = []
    var publications: ContiguousArray<UInt32> = []
    /// What can be heard, in the order in which it is.
    var audible: ContiguousArray<UInt32> = []
    var speakers = Speakers()
}
