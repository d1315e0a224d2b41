// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import MeetingProtocol

extension APISchemas {
    private static let professional = object([("name", text), ("title", optional(text))])
    private static let slot: [(String, JSONValue)] = [("start", time), ("end", time)]
    private static let phase = choice(AppointmentPhase.allCases.map(\.rawValue))
    private static let client = object([("name", text), ("email", optional(text)), ("zone", text)])
    private static let hours = object([
        ("weekday", ["type": "integer", "minimum": 1, "maximum": 7, "description": "1 is Monday."]),
        ("start", ["type": "integer", "minimum": 0, "description": "Minutes after midnight."]),
        ("end", ["type": "integer", "maximum": 1440, "description": "Minutes after midnight."]),
    ])

    static let appointments: [Named] = [
        (
            "BookingPage",
            object([
                ("professional", professional), ("zone", text), ("slotMinutes", count), ("open", flag),
                ("intro", text), ("consent", text), ("slots", list(of: object(slot))),
            ])
        ),
        (
            "NewBooking",
            object(
                [
                    ("start", time), ("name", text), ("email", optional(text)), ("note", optional(text)),
                    ("zone", optional(text)), ("minutes", optional(count)),
                ], required: ["start", "name"])
        ),
        ("Booked", object([("id", text), ("link", text), ("token", text), ("ics", text)] + slot)),
        ("NewTime", object([("start", time)])),
        (
            "ClientAppointment",
            object(
                [
                    ("id", text), ("professional", professional), ("clientName", text), ("state", phase),
                    ("opensAt", time), ("closesAt", time), ("now", time), ("consent", text), ("zone", text),
                    ("slug", optional(text)),
                ] + slot)
        ),
        (
            "BookingSettings",
            object(
                [
                    ("slug", text), ("open", flag), ("slotMinutes", count), ("leadMinutes", count),
                    ("horizonDays", count), ("intro", text), ("consent", text),
                    ("availability", list(of: hours)),
                ], required: ["slug"])
        ),
        (
            "Appointment",
            object(
                [
                    ("id", text), ("state", phase), ("client", client), ("note", text), ("notes", text),
                    ("createdAt", time), ("finishedAt", optional(time)), ("link", text),
                ] + slot)
        ),
        ("AppointmentList", object([("appointments", list(of: reference("Appointment")))])),
        (
            "AppointmentChange",
            object([("start", optional(time)), ("notes", optional(text))], required: [])
        ),
        (
            "ClientList",
            object([
                (
                    "clients",
                    list(
                        of: object([
                            ("name", text), ("email", optional(text)), ("appointments", count),
                            ("last", optional(time)), ("next", optional(time)),
                        ]))
                )
            ])
        ),
        ("TeleLegalToken", object([("token", text)])),
        (
            "AppointmentNumbers",
            object([
                ("days", count), ("held", count), ("cancelled", count), ("missed", count),
                ("upcoming", count), ("averageWait", optional(time)),
            ])
        ),
    ]
}
