/*
 * Answers that come after their lease, at a platform that takes a used refresh token once more for a while: workers renew
 * ONE grant; any of them may die, stand still beyond its lease, or lose its answer, at any step.
 *
 * Of the platform   FORKS  a repeat within the grace lets the token of the first use live; otherwise it ends it
 *                   ENDS   the grace ends at some time, though not between a claim and its arrival: that is the margin
 * Of the run        W      workers (2), BUDGET crashes and lost answers in all (2)
 * Of the property   S3     nothing is lost whatever crashes; without it: nothing but what died on the wire
 * To break it       NOORDER        whichever answer comes last is the token
 *                   NOPREDECESSOR  the token that an open attempt presented is not presented again
 *                   CANDIDATE      a late answer is only kept to be tried when the stored token is refused
 *
 * spin -a -DENDS late-answers.pml && gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m400000
 *
 * Holds with and without FORKS and ENDS for two and three workers, and S3 where the grace does not end. NOORDER and
 * NOPREDECESSOR fail, and CANDIDATE with ENDS.
 */
#ifndef W
#define W 2
#endif
#ifndef BUDGET
#define BUDGET 2
#endif
#ifdef FORKS
#define BOTH_LIVE 1
#else
#define BOTH_LIVE 0
#endif
#ifdef NOORDER
#define NEWER 1
#else
#define NEWER (myf > tfence)
#endif
#define OPEN_ON(token) (intent && mtok == (token))
#if defined(CANDIDATE) || defined(NOPREDECESSOR)
#define PRESENT tok
#else
#define PRESENT ((cand != 0 && OPEN_ON(cand) && ingrace) -> cand : tok)
#endif
/* After the grace an attempt of unknown outcome is repeated only when nobody can report any more. */
#define PATIENT (!amb || ingrace || live == 1)
#define ACTIVE 0
#define REAUTH 1
#define N 8

byte tok = 1, cand = 0, gen = 0, fence = 0, tfence = 0, mtok = 0, status = ACTIVE;  /* the rows */
bool leased = 0, intent = 0;
byte p_cur = 1, p_next = 2, parent[N];                                              /* the platform */
bool p_dead = 0, ingrace = 1, spent[N], childused[N];
byte budget = BUDGET, lost = 0, live = 0;                                           /* ghosts */
bool falsedeath = 0;

inline present(rt, ok, nrt) {
  ok = 0;
  if
  :: p_dead -> skip
  :: !p_dead && rt == p_cur -> ok = 1
  :: !p_dead && rt != p_cur && BOTH_LIVE && !spent[rt] -> ok = 1
  :: !p_dead && rt != p_cur && spent[rt] && ingrace && !childused[rt] -> ok = 1
  :: else -> skip
  fi;
  if
  :: ok -> spent[rt] = 1; if :: parent[rt] != 0 -> childused[parent[rt]] = 1 :: else fi;
           nrt = p_next; parent[nrt] = rt; p_cur = nrt; p_next++
  :: else -> p_dead = 1
  fi
}

active [W] proctype Worker() {
  byte myf, myrt, mygen, nrt; bool ok, amb;
end: do
  :: atomic { status == ACTIVE && !leased && p_next < N - 1 && fence < 6 && (!intent || ingrace || live == 0) ->   /* claim */
       leased = 1; fence++; myf = fence; myrt = PRESENT; mygen = gen; amb = intent; intent = 1; mtok = myrt; live++ }
     if :: skip :: atomic { budget > 0 -> budget--; live--; goto again } fi;
     atomic { ok = 0; nrt = 0;                                                                                     /* send */
       if
       :: fence == myf && leased && PATIENT -> present(myrt, ok, nrt)
       :: fence == myf && leased && !PATIENT -> leased = 0; live--; goto again
       :: else -> live--; goto again
       fi }
     if :: skip :: atomic { budget > 0 -> budget--; if :: ok -> lost++ :: else fi; live--; goto again } fi;
     atomic { if                                                                                                   /* commit */
       :: ok && fence == myf -> tok = nrt; gen++; intent = 0; leased = 0; cand = 0; tfence = myf; status = ACTIVE
#ifdef CANDIDATE
       :: ok && fence != myf -> cand = nrt; if :: status == REAUTH -> tok = nrt; cand = 0; status = ACTIVE :: else fi
#else
       :: ok && fence != myf && (NEWER || status == REAUTH) ->
            if :: OPEN_ON(tok) -> cand = tok :: !OPEN_ON(tok) && OPEN_ON(cand) -> skip :: else -> cand = 0 fi;
            tok = nrt; gen++; tfence = myf; status = ACTIVE
       :: ok && fence != myf && !(NEWER || status == REAUTH) -> if :: cand != 0 && OPEN_ON(cand) -> skip :: else -> cand = nrt fi
#endif
       :: !ok && fence != myf -> skip
       :: !ok && fence == myf && gen != mygen -> leased = 0; intent = 0
       :: !ok && fence == myf && gen == mygen && cand != 0 -> if :: cand == myrt -> skip :: else -> tok = cand fi;
            cand = 0; leased = 0; intent = 0
       :: !ok && fence == myf && gen == mygen && cand == 0 && (!amb || live == 1) ->
            status = REAUTH; leased = 0; if :: lost == 0 -> falsedeath = 1 :: else fi
       :: !ok && fence == myf && gen == mygen && cand == 0 && !(!amb || live == 1) -> leased = 0
       fi; live-- }
     again: skip
  od
}

active proctype Lapse() { end: do :: atomic { leased -> leased = 0 } od }

#ifdef ENDS
active proctype GraceEnds() { end: atomic { ingrace && !leased -> ingrace = 0 } }
#endif

active proctype Monitor() {
end: do
  :: atomic { falsedeath -> assert(0) }
#ifdef S3
  :: atomic { status != ACTIVE -> assert(0) }
#endif
  od
}
