-- What stands in a new portal? Written once, while user_version is still 0, so that
-- news deleted later stays deleted.

INSERT INTO news (slug, title, body, published)
SELECT * FROM (VALUES
('open-day-draws-four-hundred', 'Open day draws four hundred',
'Four hundred people came through the gate on Saturday, twice what we had baked for. The rowing skiff took out fifty-one children, nobody got wetter than they meant to, and the tea tent ran dry at half past three.

The day brought in £1,870 for the slipway fund and nineteen names for the waiting list. Thank you to everyone who stood at a stall, held a rope or washed up.', '2026-07-14'),

('hot-work-only-in-the-forge', 'Hot work only in the forge',
'From the first of September, grinding, welding and brazing are done in the forge and nowhere else. Last month a spark lay in a pile of shavings for two hours before anybody smelt it.

The forge key hangs in the office. Sign for it, and stay for an hour after you finish. The fire blanket and the extinguisher are on the left as you go in.', '2026-08-22'),

('marguerite-is-afloat-again', 'Marguerite is afloat again',
'After three winters under the tarpaulin, the 1936 pilot gig Marguerite went down the slip on the morning tide with eleven new planks, a new stem and the old name board.

She took up in two days and has been bailed once since. Twenty-three members worked on her. If you want to row her, the list for the autumn is on the loft door.', '2026-09-19'),

('yard-dues-stay-where-they-are', 'Yard dues stay where they are',
'The committee has set next year’s dues at £96, the same as this year, with half rate for members under 26 and for anyone who asks the treasurer for it. No reason need be given.

Winter storage rises by £1 a foot, to pay for the new cradle. Accounts for the year are in the loft, and the treasurer will happily explain every line of them over tea.', '2026-10-09'),

('lift-out-starts-on-saturday', 'Lift-out starts on Saturday',
'The crane is booked for three Saturdays, beginning at seven. Boats over eight metres go first while the tide is high enough to reach the pontoon; the running order is pinned up in the loft.

Bring your own strops and check them before you come. Please have masts down and batteries off by Friday night, and leave the top hard clear of cars.', '2026-10-28'),

('the-slipway-winch-is-back', 'The slipway winch is back',
'The winch came home from the foundry on Tuesday with a new drum and its original brass plate. It pulled four tonnes up the slip on the first try, and Joan, who has been asking since March, was allowed to push the button.

The slipway is open again on weekdays from eight until dusk. Two people at the winch, always: one to work it and one to watch the cable.', '2026-11-17')
)
WHERE (SELECT user_version FROM pragma_user_version) = 0;
