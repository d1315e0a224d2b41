// SPDX-License-Identifier: Apache-2.0
public import CivilTime
public import EngineKit
public import MeetingProtocol
public import Rooms

extension Practice {
    /// One thing that happened, and what the clocks on the walls showed.
    public struct Input: Hashable, Sendable {
        public var event: Event
        public var time: WallClock

        public init(_ event: Event, at time: WallClock) {
            self.event = event
            self.time = time
        }
    }

    public enum Event: Hashable, Sendable {
        /// A client's page is there, with a link that was checked. The appointment is as stored.
        case clientConnected(SessionID, Appointment, linkVersion: Int64)
        /// A page of the professional is there.
        /// - signedIn: Whether it is let in by a session that ends with ``signedOut``.
        case professionalConnected(SessionID, signedIn: Bool)
        /// The session is gone. No output names it from here on.
        case disconnected(SessionID)
        /// Without a result from pages that do not check anything.
        case checkIn(SessionID, RequestID, CheckIn?, Attendance.Way)
        case leave(SessionID, RequestID)
        case asked(SessionID, RequestID, ProfessionalEvent)
        /// A page that takes the call itself has answered the client of this appointment.
        case answered(SessionID, RequestID, AppointmentID)
        /// An appointment was booked, moved, cancelled, or its link replaced: this is how it is stored now.
        case changed(Appointment)
        case professional(Professional)
        /// What the professional is called from now on.
        case renamed(String, title: String)
        /// One of the professional's sessions has ended. Pages of the others come back by themselves.
        case signedOut
        /// The account is gone, or disabled.
        case closed
        /// How far from UTC the professional's clocks are, for the counts of their day.
        case spans([OffsetSpan])
        /// What ``Output/save(_:_:_:)`` or ``Output/openMeeting(_:_:_:)`` asked for is on disk.
        case saved(SaveID, meeting: MeetingCode?)
        case saveFailed(SaveID)
        case tick
    }

    /// A change on its way to disk, numbered by the practice.
    public struct SaveID: Hashable, Sendable {
        public var number: UInt64
        public init(_ number: UInt64) { self.number = number }
    }

    /// What to store of an appointment.
    public enum Change: Hashable, Sendable {
        case attendance(Attendance?)
        /// Back to the waiting room, and no longer in a meeting.
        case sentBack(Attendance?)
        /// Milliseconds since 1970.
        case finished(at: Int64)
        case notes(String)
    }

    public enum Output: Hashable, Sendable {
        case reply(SessionID, RequestID, Reply)
        /// What a client's pages show from now on.
        case show([SessionID], AppointmentView, now: Int64)
        /// What the professional's pages show from now on.
        case dashboard([SessionID], Dashboard, now: Int64)
        /// Answered by `saved` or `saveFailed`; nothing is seen of the change until then.
        case save(SaveID, AppointmentID, Change)
        /// Make a meeting, and store it and the attendance with the appointment. Answered as `save` is.
        case openMeeting(SaveID, AppointmentID, Attendance)
        /// The call is over, and whoever is still in the meeting has to go.
        case closeMeeting(MeetingCode)
        /// The session is one too many. No output names it from here on.
        case close(SessionID)
        /// Nobody is here, and nothing waits to be stored or to be given up.
        case emptied
    }

    public enum Reply: Hashable, Sendable {
        case done
        /// Where the call is.
        case admitted(MeetingCode?)
        case refused(AppointmentRefusal)
    }
}
