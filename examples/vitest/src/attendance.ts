import type { Client } from "@effect-feishu/promise"

export interface Attendance {
  /** Minutes in the meetings of the last 30 days, by the id of the participant, longest first. */
  readonly minutes: ReadonlyMap<string, number>
  /** How many of the meetings the app may not see. */
  readonly hidden: number
}

/** Returns how long everybody was in the meetings of a number in the last 30 days. */
export const attendance = async (client: Client, meetingNo: string): Promise<Attendance> => {
  const seconds = new Map<string, number>()
  let hidden = 0
  const request = { meetingNo, range: { from: "30d" } }
  for await (const { details } of client.streamDetails(request, { participants: true })) {
    if (details?.type !== "Found") hidden += 1
    else
      for (const { id = "without an id", inMeetingSeconds = 0 } of details.meeting.participants ?? [])
        seconds.set(id, (seconds.get(id) ?? 0) + inMeetingSeconds)
  }
  const longestFirst = Array.from(seconds).toSorted(([, one], [, other]) => other - one)
  return { minutes: new Map(longestFirst.map(([id, total]) => [id, Math.round(total / 60)])), hidden }
}
