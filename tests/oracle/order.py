"""The order of an attempt's deliveries in time, also of those that state one instant.

Of one instant the lifecycle decides: Joined; offers and misses; Answered or Active; Bridged; the miss after
these; Processing; Leaving. Offers and misses follow each other by what can follow what:

1. whoever rings before the instant is missed first, unless nobody else is offered the attempt in it and the
   ringing led to the agent's own answer or talk;
2. misses that close nothing;
3. an agent's offer, then its miss, in turn; the offer that leads to the agent's own answer or talk is kept back;
4. the other offers, each with a miss that names nobody, as far as there are any; at the end the one that was
   kept back, else that of the agent who is first heard of afterwards, for there it still rang.

One miss ends the answer or the talk of the instant, where no answer, talk or miss comes later. Connections: who
talks already first, whose offer or answer led there next, and last who talks or is missed next. Answers: the
agent of Processing first. Whatever that leaves open goes by the agent's number, then by content.

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
    """What is known around an instant. Agents are in lists, since nobody's number is None."""

    def __init__(self):
        self.ringing, self.talking, self.answered = [], [], []
        # Whose offer of the instant is the first of which anything is heard.
        self.heard_of = []
        # Who of those that are connected in it is connected again next, or missed next.
        self.talks_on, self.is_missed_next = [], []
        # Who does the after-call work.
        self.works = []
        # A miss ends what has begun only where nothing follows that cannot follow it.
        self.can_end = True

    def has_begun(self):
        return bool(self.talking or self.answered)

    def then(self, delivery):
        agent = delivery.agent
        if delivery.step == "O":
            self.ringing = [agent]
        elif delivery.step == "A":
            self.answered.append(agent)
            self.ringing = [] if [agent] == self.ringing else self.ringing
        elif delivery.step == "B":
            self.ringing, self.talking = [], [agent]
        elif delivery.step == "M" and (agent is None or [agent] == self.ringing):
            self.ringing = []
        elif delivery.step in ("P", "L"):
            self.ringing = []


def ordered(deliveries):
    """The deliveries of one attempt in time order."""
    story, order = Story(), []
    last_bar = max((one.at for one in deliveries if one.step in "ABM"), default=None)
    in_time = sorted(deliveries, key=lambda one: (one.at, "JOMABPL".index(one.step), one.rank()))
    story.works = [one.agent for one in in_time if one.step == "P"][:1]
    for _, same in itertools.groupby(in_time, key=lambda one: one.at):
        same = list(same)
        story.can_end = last_bar is None or last_bar <= same[0].at
        if len(same) > 1:
            story.heard_of = first_heard_of(same, deliveries)
            talk_again(same, deliveries, story)
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


def talk_again(same, deliveries, story):
    """Of those who are connected in an instant, who is connected or missed first afterwards."""
    now, connected = same[0].at, {one.agent for one in same if one.step == "B"}
    news = [
        one for one in deliveries
        if one.at > now and one.agent in connected
        and (one.step == "B" or one.step == "M" and one.agent is not None)
    ]
    news.sort(key=lambda one: (one.at, "BM".index(one.step), one.rank()))
    story.talks_on = [one.agent for one in news[:1]]
    story.is_missed_next = [one.agent for one in news[:1] if one.step == "M"]


def instant(same, story):
    """The deliveries of one instant in order."""
    steps = {step: [one for one in same if one.step == step] for step in "JOMABPL"}
    if any(one.is_stated for one in same):
        turns, at_end = turns_of_agents(steps, story)
    else:
        for some in steps.values():
            some.sort(key=lambda one: one.received_as)
        begins = min((one.received_as for one in steps["A"] + steps["B"]), default=float("inf"))
        at_end = [
            one for one in steps["M"] if story.can_end and (story.has_begun() or one.received_as > begins)
        ]
        turns = [one for one in steps["O"] + steps["M"] if one not in at_end]
        turns.sort(key=lambda one: one.received_as)
    return steps["J"] + turns + steps["A"] + steps["B"] + at_end + steps["P"] + steps["L"]


def leader(steps, story):
    """Whose offer or answer leads to the answer or the talk of the instant."""
    answered, bridged = ({one.agent for one in steps[step]} for step in "AB")

    def surplus(agent, offers):
        return offers > sum(one.agent == agent for one in steps["M"])

    def leads(agent, offers):
        # Where several talk, whom a miss names talked last: the offer led to the miss.
        is_free = agent is None or len(bridged) < 2 or surplus(agent, offers)
        return agent in answered | bridged and is_free

    offers = {}
    for one in steps["O"]:
        offers[one.agent] = offers.get(one.agent, 0) + 1
    leaders = [agent for agent, count in offers.items() if leads(agent, count)]
    leaders.sort(key=lambda agent: (not surplus(agent, offers[agent]), agent not in answered))
    if not leaders and not offers:
        leaders = [agent for agent in story.ringing if leads(agent, 1)]
    return leaders[:1] or [
        one.agent for one in steps["B"] if one.agent in answered or one.agent in story.answered][:1]


def turns_of_agents(steps, story):
    """Offers and misses in turn, and the misses that end an answer or a talk. Puts the talks in order."""
    offers, misses, turns, closing = steps["O"], list(steps["M"]), [], []
    leads = leader(steps, story)

    def of(some, agent):
        return [one for one in some if one.agent == agent]

    if not story.has_begun():
        for agent in story.ringing:
            if not ([agent] == leads and not offers and story.can_end):
                closing = (of(misses, agent) or of(misses, None))[:1]
    misses = [one for one in misses if one not in closing]
    for agent in dict.fromkeys(one.agent for one in offers if one.agent is not None):
        free = of(offers, agent)[: len(of(offers, agent)) - ([agent] == leads)]
        for pair in zip(free, of(misses, agent)):
            turns += pair
    misses = [one for one in misses if one not in turns]
    is_kept = any([one.agent] == leads for one in offers)
    last = leads if is_kept else story.heard_of
    rest = sorted((one for one in offers if one not in turns), key=lambda one: [one.agent] == last)
    nameless = of(misses, None)
    for place, one in enumerate(rest, 1):
        turns.append(one)
        if nameless and not (is_kept and place == len(rest)):
            turns.append(nameless.pop(0))
    misses = [one for one in misses if one not in turns]
    at_end = ends_of(misses, steps, leads, story) if story.can_end else []
    named = [one.agent for one in at_end if one.agent is not None and of(steps["B"], one.agent)][:1]
    ended = named or story.is_missed_next
    steps["B"].sort(key=lambda one: (
        [one.agent] == ended, [one.agent] != story.talking, [one.agent] != leads, [one.agent] == story.talks_on))
    steps["A"].sort(key=lambda one: [one.agent] != story.works)
    return closing + [one for one in misses if one not in at_end] + turns, at_end


def ends_of(misses, steps, leads, story):
    """The misses that end what has begun: all that are left where it had before the instant, else one."""
    if story.has_begun():
        return misses
    begun = steps["B"] or steps["A"]
    able = [one for one in misses if begun and (one.agent is None or one.agent in {it.agent for it in begun})]
    able.sort(key=lambda one: (one.agent is None, [one.agent] != leads))
    # Of one agent's, the others come before.
    return [one for one in able if one.agent == able[0].agent][-1:]


def places(candidates):
    """(attempt, position, place) of rows (attempt, position, received_as, at, step, agent, is_stated, content)."""
    by_attempt = {}
    for attempt, *row in candidates:
        by_attempt.setdefault(attempt, []).append(Delivery(*row))
    for attempt, deliveries in by_attempt.items():
        for place, one in enumerate(ordered(deliveries), 1):
            yield attempt, one.position, place
