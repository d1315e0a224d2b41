// SPDX-License-Identifier: Apache-2.0

extension SQLiteStore: AppointmentStore {
    public func booking(of professional: AccountID, _ done: @escaping StorageCompletion<BookingRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.booking(of: professional) }
    }

    public func booking(slug: String, _ done: @escaping StorageCompletion<BookingRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.booking(slug: slug) }
    }

    public func setBooking(_ booking: BookingRecord, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.set(booking) }
    }

    public func addAppointment(_ appointment: AppointmentRecord, _ done: @escaping StorageCompletion<Bool>) {
        perform(.writes, done) { (database) throws(StorageError) in try database.add(appointment) }
    }

    public func appointment(_ id: String, _ done: @escaping StorageCompletion<AppointmentRecord?>) {
        perform(.reads, done) { (database) throws(StorageError) in try database.appointment(id) }
    }

    public func appointments(
        of professional: AccountID?, from start: Int64, to end: Int64, limit: Int,
        _ done: @escaping StorageCompletion<[AppointmentRecord]>
    ) {
        perform(.reads, done) { (database) throws(StorageError) in
            try database.appointments(of: professional, from: start, to: end, limit: limit)
        }
    }

    public func changeAppointment(
        _ id: String, _ change: AppointmentChange, _ done: @escaping StorageCompletion<AppointmentUpdate>
    ) {
        perform(.writes, done) { (database) throws(StorageError) in try database.change(id, change) }
    }
}
