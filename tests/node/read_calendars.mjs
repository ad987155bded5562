// Reads calendars with ical.js, as Thunderbird does, and prints what it understood as JSON.
// Standard input: a JSON list of iCalendar texts. Standard output: a list of {events} or {error}.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

// A property that is not registered is TEXT (RFC 5545 3.8.8.2), which ical.js leaves escaped.
ICAL.design.icalendar.property["x-wr-calname"] = { defaultType: "text" };

const moment = (property) => {
  if (!property) return null;
  const time = property.getFirstValue();
  if (time.isDate) return time.toString();
  if (time.zone === ICAL.Timezone.localTimezone) throw new Error(`floating time ${time}`);
  return new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "+00:00");
};

const person = (property) => ({
  address: property.getFirstValue().replace(/^mailto:/i, ""),
  name: property.getFirstParameter("cn") ?? "",
  partstat: property.getFirstParameter("partstat") ?? "",
  role: property.getFirstParameter("role") ?? "",
  rsvp: property.getFirstParameter("rsvp") ?? "",
});

const text = (component, name) => component.getFirstPropertyValue(name)?.toString() ?? "";

const event = (component, calendar) => {
  const start = component.getFirstProperty("dtstart");
  const organizer = component.getFirstProperty("organizer");
  return {
    method: text(calendar, "method"),
    calendar_name: text(calendar, "x-wr-calname"),
    uid: text(component, "uid"),
    sequence: component.getFirstPropertyValue("sequence") ?? 0,
    dtstamp: moment(component.getFirstProperty("dtstamp")),
    start: moment(start),
    end: moment(component.getFirstProperty("dtend")),
    date_only: start?.getFirstValue().isDate ?? false,
    tzid: start?.getFirstParameter("tzid") ?? "",
    summary: text(component, "summary"),
    description: text(component, "description"),
    location: text(component, "location"),
    url: text(component, "url"),
    status: text(component, "status"),
    transp: text(component, "transp"),
    categories: component.getFirstProperty("categories")?.getValues() ?? [],
    organizer: organizer ? person(organizer) : null,
    attendees: component.getAllProperties("attendee").map(person),
  };
};

const read = (source) => {
  try {
    const calendar = new ICAL.Component(ICAL.parse(source));
    const components = calendar.getAllSubcomponents("vevent");
    return { events: components.map((component) => event(component, calendar)) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
};

const sources = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(sources.map(read)));
