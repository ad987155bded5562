from tests.story.scene import *
def test_smoke(story):
    import time
    t=time.time()
    story.plan("id: a, kind: leerhuis, title: Leerhuis, date: 2025-01-24")
    story.tick()
    print(story.mailings())
    print(len(story.send("invitation","a")), story.mailings(), time.time()-t)
    story.at(moment(1,7,9,30)); story.tick(); print(story.mailings(), [ (c.recipient,c.subject) for c in story.sink.take()], time.time()-t)
