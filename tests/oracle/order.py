"""The order of an attempt's deliveries in time, also of those that state one instant.

Of one instant the lifecycle decides: Joined; offers and misses; Answered or Active; Bridged; the miss after a
talk; Processing; Leaving. Whatever that leaves open goes by the agent's number (who talks already first), then
by content. Offers and misses follow each other by what can follow what:

1. whoever rings before the instant is missed first, unless a Bridged of that agent shows that the ringing led
   to the talk, and no other offer of the instant did;
2. an agent's offer, then its miss, in turn; the offer that leads to the agent's own Bridged is kept back;
3. the other offers; at the end that of the agent who is first heard of afterwards, for there it still rang;
4. the other misses, but those of somebody who talks, or after a talk: they end it.

Where nobody states a time, every instant is a receipt's, and the order of the records stands in place of that.
"""

import itertools


class Delivery:
    """What the order depends on."""

    def __init__(self, position, received_as, at, step, agent, is_stated, content):
        self.position, self.at, self.step, self.agent = position, at, step, agent
        # Its place in the order of the records, where nobody states a time.
        self.received_as = received_as
        self.is_stated, self.content = is_stated, content

    def rank(self):
        """By the agent's number, without one first; then by content; then as recorded."""
        return (self.agent is not None, self.agent or 0, self.content, self.position)


class Story:
    """What is known before an instant: who rings and who talked last. Lists, since nobody's number is None."""

    def __init__(self):
        self.ringing, self.talking = [], []
        # Whose offer of the instant is the first of which anything is heard.
        self.heard_of = []
        # A miss can end a talk only where nobody is connected later.
        self.can_end = True

    def then(self, delivery):
        agent = delivery.agent
        if delivery.step == "O":
            self.ringing = [agent]
        elif delivery.step == "B":
            self.ringing, self.talking = [], [agent]
        elif delivery.step == "M" and (agent is None or [agent] == self.ringing):
            self.ringing = []
        elif delivery.step in ("A", "P", "L"):
            # Once anybody has answered, a miss before a connection would leave no place for the connection.
            self.ringing = []


def ordered(deliveries):
    """The deliveries of one attempt in time order."""
    story, order = Story(), []
    last_bridge = max((one.at for one in deliveries if one.step == "B"), default=None)
    for _, same in itertools.groupby(sorted(deliveries, key=lambda one: one.at), key=lambda one: one.at):
        same = list(same)
        story.can_end = last_bridge is None or last_bridge <= same[0].at
        if len(same) > 1:
            story.heard_of = first_heard_of(same, deliveries)
            same = instant(sorted(same, key=Delivery.rank), story)
        for delivery in same:
            story.then(delivery)
        order += same
    return order


def first_heard_of(same, deliveries):
    """The agent, of those that are offered the attempt in an instant, of whom the next news speaks."""
    now, offered = same[0].at, {one.agent for one in same if one.step == "O"}

    def is_news(one):
        # A miss of the same instant follows the offers' order; one of nobody is anybody's.
        is_miss = one.step == "M" and one.agent is not None and one.at > now
        return one.agent in offered and (is_miss or one.step in "ABPL" and one.at >= now)

    news = [one for one in deliveries if is_news(one)]
    news.sort(key=lambda one: (one.at, "MABPL".index(one.step), one.rank()))
    return [one.agent for one in news[:1]]


def instant(same, story):
    """The deliveries of one instant in order."""
    steps = {step: [one for one in same if one.step == step] for step in "JOMABPL"}
    if any(one.is_stated for one in same):
        turns, after_talk = turns_of_agents(steps["O"], steps["M"], steps["B"], story)
        steps["B"].sort(key=lambda one: [one.agent] != story.talking)
    else:
        for some in steps.values():
            some.sort(key=lambda one: one.received_as)
        talked_from = min((one.received_as for one in steps["B"]), default=float("inf"))
        after_talk = [
            one for one in steps["M"] if story.can_end and (story.talking or one.received_as > talked_from)
        ]
        turns = [one for one in steps["O"] + steps["M"] if one not in after_talk]
        turns.sort(key=lambda one: one.received_as)
    return steps["J"] + turns + steps["A"] + steps["B"] + after_talk + steps["P"] + steps["L"]


def turns_of_agents(offers, misses, bridges, story):
    """Offers and misses in turn, and the misses that end a talk."""
    offers, misses, turns = list(offers), list(misses), []
    bridged = {one.agent for one in bridges}

    def of(some, agent):
        return [one for one in some if one.agent == agent]

    for agent in story.ringing:
        leads_to_talk = story.can_end and agent in bridged and not of(offers, agent)
        closing = [] if leads_to_talk else of(misses, agent) or of(misses, None)
        turns += closing[:1]
        misses = [one for one in misses if one not in turns]
    for agent in dict.fromkeys(one.agent for one in offers):
        free = of(offers, agent)[: len(of(offers, agent)) - (agent in bridged)]
        for pair in zip(free, of(misses, agent)):
            turns += pair
    rest = [one for one in offers if one not in turns]
    turns += sorted(rest, key=lambda one: [one.agent] == story.heard_of)
    misses = [one for one in misses if one not in turns]
    after_talk = [one for one in misses if story.can_end and (story.talking or one.agent in bridged)]
    return turns + [one for one in misses if one not in after_talk], after_talk


def places(candidates):
    """(attempt, position, place) of rows (attempt, position, received_as, at, step, agent, is_stated, content)."""
    by_attempt = {}
    for attempt, *row in candidates:
        by_attempt.setdefault(attempt, []).append(Delivery(*row))
    for attempt, deliveries in by_attempt.items():
        for place, one in enumerate(ordered(deliveries), 1):
            yield attempt, one.position, place
