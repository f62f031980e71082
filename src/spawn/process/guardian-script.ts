import { guardianMarkName, markName } from "./child-mark.ts";

/**
 * What the guardian runs, in a POSIX shell; its argument is the id of its
 * bridge. Lines of its input:
 *
 * - `+GROUP COMMAND`: a process group is under guard; the command, if any, is to
 *   run where it has to be killed
 * - `-GROUP`: no more
 * - `?`: end what a bridge has left that is gone, together with its guardian;
 *   what is still there at the next `?` is killed
 *
 * At the end of its input the bridge is gone, by whatever means, and so are the
 * write ends of its children's stdin. A child that was just being started has
 * its own environment by then: until that moment it holds the input open too.
 *
 * Where there is a Linux `/proc`, the guardian ends single processes, each
 * found anew before each signal, so that a number that has gone to somebody
 * else is no danger: what carries the bridge's mark, what is in a guarded group
 * or session, and what descends from either. Elsewhere it ends the groups.
 */
export const guardianScript = `
trap '' HUP INT TERM PIPE
owner=$1
groups=' '
swept=' '
seen=' '
newline='
'
cd / && [ -r /proc/self/stat ] && [ -r /proc/self/environ ] && cd /proc && linux=yes

# Of process $1: $state $parent $group $session $started. Its name, in parentheses, may hold anything.
look() {
  state= parent= group= session= started=
  [ "$linux" ] && read -r line 2>/dev/null <"$1/stat" || return
  set -- \${line##*) }
  state=$1 parent=$2 group=$3 session=$4
  shift 10 2>/dev/null && started=\${10}
}

# Whether process $1 runs: a zombie does not.
runs() {
  look "$1" && [ "$state" != Z ] && [ "$state" != X ]
}

# $guarded: the groups that are still those that were put under guard. As long as a group has members, its number is no process's but its leader's.
check_groups() {
  guarded=' '
  for number in $groups; do
    eval "known=\\$started_$number"
    look "$number" && [ "$started" != "$known" ] && continue
    guarded="$guarded$number "
  done
}

# $found: the processes that have to end with the bridge; $seen: the same, and those of before, with their start; $live: the groups that have some.
find_processes() {
  found=' ' live=' ' others= marked=' '
  for file in $(grep -ls "${markName}=$owner" [0-9]*/environ); do
    marked="$marked\${file%%/*} "
  done
  for pid in [0-9]*; do
    runs "$pid" || continue
    case $guarded in *" $group "*) live="$live$group " ;; esac
    case $marked$seen$guarded in
      *" $pid "* | *" $pid:$started "*) add "$pid:$started" ;;
      *" $group "* | *" $session "*) add "$pid:$started" ;;
      *) others="$others $parent:$pid:$started" ;;
    esac
  done
  more=yes
  while [ "$more" ]; do
    more=
    for process in $others; do
      case $found in
        *" \${process%%:*} "*) add "\${process#*:}" && more=yes ;;
      esac
    done
  done
}

# Process $1 is one of them, by number and start; fails where that is known.
add() {
  case $found in *" \${1%:*} "*) return 1 ;; esac
  found="$found\${1%:*} "
  case $seen in *" $1 "*) ;; *) seen="$seen$1 " ;; esac
}

# Sends signal $1 to all that has to end; fails where there is nothing left.
send() {
  check_groups
  if [ "$linux" ]; then
    find_processes
    [ "$found" = ' ' ] && return 1
    kill -s "$1" $found 2>/dev/null
    return 0
  fi
  live=' '
  for number in $guarded; do
    kill -s "$1" -- "-$number" 2>/dev/null && live="$live$number "
  done
  [ "$live" != ' ' ]
}

# Those of the children that had to be killed.
run_stop_commands() {
  commands=
  for number in $groups; do
    case $killed in *" $number "*) ;; *) continue ;; esac
    eval "command=\\$command_$number"
    [ "$command" ] || continue
    (
      trap - HUP INT TERM PIPE
      unset ${guardianMarkName}
      eval "$command"
    ) </dev/null >/dev/null 2>&1 &
    commands="$commands $!"
  done
  [ "$commands" ] || return
  seconds=0
  while [ "$linux" ] && [ "$seconds" -lt 10 ]; do
    busy=
    for pid in $commands; do runs "$pid" && busy=yes; done
    [ "$busy" ] || return
    sleep 1
    seconds=$((seconds + 1))
  done
  [ "$linux" ] && kill -s KILL $commands 2>/dev/null
}

# Where the shell itself fails, for want of processes: builtins alone.
kill_groups() {
  check_groups
  for number in $guarded; do kill -s KILL -- "-$number" 2>/dev/null; done
}

# What dead bridges have left: of this user, in this PID namespace, their bridge and its guardian gone.
sweep() {
  [ "$linux" ] || return
  ended=
  guardians=$(grep -aosh '${guardianMarkName}=[0-9]*-[0-9a-f]*' [0-9]*/environ)
  for match in $(grep -aosH '${markName}=[0-9]*-[0-9a-f]*' [0-9]*/environ); do
    pid=\${match%%/*}
    id=\${match##*=}
    case $guardians in *"$id"*) continue ;; esac
    [ -O "$pid" ] && [ "$pid/ns/pid" -ef self/ns/pid ] || continue
    runs "\${id%%-*}" && continue
    runs "$pid" || continue
    case $swept in
      *" $pid:$started "*) signal=KILL ;;
      *) signal=TERM swept="$swept$pid:$started " ;;
    esac
    kill -s "$signal" "$pid" 2>/dev/null && ended="$ended $pid"
  done
  [ "$ended" ] && echo "$ended"
}

while read -r line; do
  rest=\${line#?}
  number=\${rest%% *}
  case $line in
    +*)
      look "$number"
      eval "started_$number=\\$started command_$number=\\\${rest#* }"
      [ "$rest" = "$number" ] && unset "command_$number"
      groups="$groups$number "
      ;;
    -*)
      groups="\${groups%% $number *} \${groups#* $number }"
      unset "started_$number" "command_$number"
      ;;
    \\?) sweep ;;
  esac
done

trap kill_groups EXIT
# What was just being started may be seen in the second look only.
if send 0 || send 0; then
  sleep 1
  send TERM
  sleep 1
  send 0 && sleep 1
  killed=' '
  round=0
  while [ "$round" -lt 6 ] && send KILL; do
    [ "$round" = 0 ] && killed=$live
    round=$((round + 1))
    [ "$round" -gt 2 ] && sleep 1
  done
  run_stop_commands
fi
trap - EXIT
`;
