// SPDX-License-Identifier: Apache-2.0
public import MeetingProtocol

extension SQLiteStore: InviteStore {
    public func addInvite(_ invite: InviteRecord, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.add(invite) }
    }

    public func invite(_ id: String, _ done: @escaping StorageCompletion<InviteRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.invite(id) }
    }

    public func invites(to code: MeetingCode, _ done: @escaping StorageCompletion<[InviteRecord]>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.invites(to: code) }
    }

    public func useInvite(_ id: String, at time: Int64, _ done: @escaping StorageCompletion<InviteUse>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.use(id, at: time) }
    }

    public func revokeInvite(_ id: String, at time: Int64, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.revoke(id, at: time) }
    }
}
